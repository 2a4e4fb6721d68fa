import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const LOG_LIMIT_CHARS = 256 * 1024;

/** Collects the output of a process. @returns the end of it so far */
export function logOf({ stdout, stderr }: ChildProcess): () => string {
  let log = '';
  const append = (text: Buffer) => {
    log = (log + text).slice(-LOG_LIMIT_CHARS);
  };
  stdout?.on('data', append);
  stderr?.on('data', append);
  return () => log;
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/**
 * The variables that a process needs, without keys, proxies or databases of this machine.
 * @param home its home and temporary folder
 */
export function minimalEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: home, TMPDIR: home, LANG: 'C.UTF-8', DO_NOT_TRACK: '1' };
}

/** Sends a signal to a process that leads a group of its own (`detached`), and to the rest of that group. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-Number(pid), signal);
  } catch {
    // The group has ended.
  }
}

/**
 * Ends a process with SIGTERM, and with SIGKILL after `timeoutMs`.
 * @param send sends a signal. @default to the process alone
 */
export async function endProcess(
  child: ChildProcess,
  timeoutMs: number,
  send: (signal: NodeJS.Signals) => void = (signal) => child.kill(signal),
): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, 'exit');
  send('SIGTERM');
  const timer = setTimeout(() => send('SIGKILL'), timeoutMs);
  await ended;
  clearTimeout(timer);
}
