import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ScriptRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a TypeScript file in its own process, on the runtime that runs the tests (Bun needs no loader). */
export function runScript(path: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<ScriptRun> {
  const loader = process.versions.bun ? [] : ['--import', 'tsx'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...loader, path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LOG_LEVEL: 'fatal', ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

export interface ChildRun {
  code: number | null;
  /** Everything it printed, stderr before stdout. */
  output: string;
}

/** Runs a script of `__tests__/fixtures` in its own process. */
export async function runChild(script: string, env: NodeJS.ProcessEnv = {}, args: string[] = []): Promise<ChildRun> {
  const path = fileURLToPath(new URL(`../__tests__/fixtures/${script}`, import.meta.url));
  const { code, stdout, stderr } = await runScript(path, args, env);
  return { code, output: stderr + stdout };
}
