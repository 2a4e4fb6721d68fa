import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endProcess, hasEnded, logOf, signalGroup } from './child-process.js';

export interface ShellOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

export interface RunningShell {
  readonly alive: boolean;
  /** The end of what it printed. */
  log(): string;
  /** As Ctrl-C does, and with SIGKILL after some seconds. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 10_000;

/** Runs a script to its end. @returns its exit code, and the end of what it printed. */
export async function runShell(
  script: string,
  options: ShellOptions,
): Promise<{ code: number | null; output: string }> {
  const child = start(script, options);
  const log = logOf(child);
  const [code] = await once(child, 'close');
  return { code, output: log() };
}

/** Runs a script that goes on until it is stopped. */
export function startShell(script: string, options: ShellOptions): RunningShell {
  const child = start(script, options);
  const log = logOf(child);
  return {
    get alive() {
      return !hasEnded(child);
    },
    log,
    async stop() {
      await endProcess(child, STOP_TIMEOUT_MS, (signal) =>
        signalGroup(child, signal === 'SIGKILL' ? signal : 'SIGINT'),
      );
      // What the shell has left behind.
      signalGroup(child, 'SIGKILL');
    },
  };
}

/** A process group of its own, so that its commands end with it. */
function start(script: string, { cwd, env }: ShellOptions): ChildProcess {
  return spawn('sh', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}
