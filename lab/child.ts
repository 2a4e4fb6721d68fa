import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildRun {
  code: number | null;
  output: string;
}

/** Runs a script of `fixtures` in a process of its own, on the runtime that runs the tests. */
export function runChild(script: string, env: Record<string, string> = {}, args: string[] = []): Promise<ChildRun> {
  const path = fileURLToPath(new URL(`../__tests__/fixtures/${script}`, import.meta.url));
  // Bun takes TypeScript as it is.
  const runner = process.versions.bun ? [] : ['--import', 'tsx'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...runner, path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LOG_LEVEL: 'fatal', ...env },
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
