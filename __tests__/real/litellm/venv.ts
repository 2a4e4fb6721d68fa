import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildOnce } from '../build-once.js';

const run = promisify(execFile);

/** Runs a Python module that ends with this process. */
export const LAUNCHER = fileURLToPath(new URL('launch.py', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../.cache/litellm-venv', import.meta.url));
const INSTALL_TIMEOUT_MS = 600_000;

/** Python versions for which every pinned package has a wheel. */
const SUPPORTED = ['3.13', '3.12', '3.11', '3.10', '3.9'];
/** Prints the version. Fails without `venv`, which Debian has in a separate package. */
const PROBE = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';

/** Creates LiteLLM's Python environment unless it exists. @returns the path of its interpreter */
export async function ensureVenv(): Promise<string> {
  const python = findPython();
  const hash = createHash('sha256').update(await readFile(REQUIREMENTS));
  const venv = join(CACHE, hash.update(python.version).digest('hex').slice(0, 12));
  const interpreter = join(venv, 'bin', 'python');
  await buildOnce(
    venv,
    (part) => install(python.command, part),
    // The link dangles when the system Python was removed.
    (place) => existsSync(join(place, 'bin', 'python')),
  );
  return interpreter;
}

async function install(command: string, venv: string): Promise<void> {
  console.log('Installing LiteLLM into .cache/litellm-venv: once, about a minute');
  const options = { timeout: INSTALL_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
  await run(command, [LAUNCHER, 'venv', venv], options);
  // Wheels only, so that no downloaded build script runs.
  const flags = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--retries=10',
    '--no-deps',
    '--only-binary=:all:',
  ];
  const pip = [LAUNCHER, 'pip', 'install', ...flags, '--require-hashes', '-r', REQUIREMENTS];
  await run(join(venv, 'bin', 'python'), pip, options);
}

/** Tries `PYTHON`, then the commands on the PATH. */
function findPython(): { command: string; version: string } {
  const commands = [process.env.PYTHON, 'python3', ...SUPPORTED.map((version) => `python${version}`)];
  const refused: string[] = [];
  for (const command of commands) {
    if (!command) continue;
    const version = versionOf(command);
    if (version && SUPPORTED.includes(version)) return { command, version };
    refused.push(`${command}: ${version ?? 'not found, or without venv'}`);
  }
  throw new Error(
    `The real LiteLLM needs Python 3.9 to 3.13 with venv (on Debian: apt-get install python3-venv). ` +
      `Set PYTHON to one. Tried ${refused.join('; ')}`,
  );
}

function versionOf(command: string): string | undefined {
  try {
    return execFileSync(command, ['-c', PROBE], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await ensureVenv());
