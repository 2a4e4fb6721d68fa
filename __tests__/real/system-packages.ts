import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where Debian installs them. */
export const CHROMIUM = '/usr/bin/chromium';
export const PROMETHEUS = '/usr/bin/prometheus';
export const PROMTOOL = '/usr/bin/promtool';
const REDIS_SERVER = '/usr/bin/redis-server';

const PACKAGES = {
  [CHROMIUM]: 'chromium',
  [PROMETHEUS]: 'prometheus',
  [REDIS_SERVER]: 'redis-server',
  '/usr/share/fonts/truetype/dejavu': 'fonts-dejavu-core',
};

/** Installs the browser, the Prometheus and the Redis of Debian, unless they are there. Needs root, or sudo without a password. */
export async function ensureSystemPackages(): Promise<void> {
  const missing = Object.entries(PACKAGES).flatMap(([path, name]) => (existsSync(path) ? [] : [name]));
  if (missing.length === 0) return;
  console.log(`Installing ${missing.join(', ')} with apt-get: once, about a minute`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args: string[]) => {
    const [command = '', ...rest] = [...sudo, 'apt-get', ...args];
    return run(command, rest, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 * 1024 * 1024,
    });
  };
  await apt('update', '-qq');
  await apt('install', '-y', '-qq', '--no-install-recommends', ...missing);
}
