import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { proxyConfig } from './config.js';
import { ensureVenv, LAUNCHER } from './venv.js';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 3_000;
const LOG_LIMIT_CHARS = 256 * 1024;

export interface LiteLLM {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly key: string;
  /** The end of what it has printed. */
  log(): string;
  /** Ends exactly this process and removes what it has written. */
  stop(): Promise<void>;
}

export interface LiteLLMOptions {
  /** Where the `upstream-*` models are; without it there are only LiteLLM's own mocks. */
  upstreamUrl?: string;
  /** LiteLLM wants it to begin with `sk-`. */
  masterKey: string;
  /** LiteLLM's own fallbacks, by model. With any, it lists them in every error. */
  fallbacks?: Record<string, string[]>;
}

/** Starts a real LiteLLM proxy on a free port of loopback. It does not outlive this process, even one that is killed. */
export async function startLiteLLM({ upstreamUrl, masterKey, fallbacks = {} }: LiteLLMOptions): Promise<LiteLLM> {
  const python = await ensureVenv();
  const workDir = await mkdtemp(join(tmpdir(), 'litellm-'));
  const config = join(workDir, 'config.yaml');
  await writeFile(config, proxyConfig(masterKey, upstreamUrl, fallbacks), { mode: 0o600 });
  const port = await freePort();
  const address = ['--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(
    python,
    [LAUNCHER, 'litellm.proxy.proxy_cli', '--config', config, ...address, '--telemetry', 'False'],
    // A group of its own: a Ctrl-C in the terminal is for the test runner, which then stops it in order.
    { cwd: workDir, env: environment(workDir), stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  let log = '';
  const append = (text: Buffer) => {
    log = (log + text).slice(-LOG_LIMIT_CHARS);
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);
  const stop = async () => {
    await end(child);
    await rm(workDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(url, masterKey, child);
  } catch (error) {
    await stop();
    throw new Error(`LiteLLM did not start:\n${log}`, { cause: error });
  }
  return { url, key: masterKey, log: () => log, stop };
}

/** Nothing of this machine's environment but what a process needs: no keys, no proxies, no database. */
function environment(workDir: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: workDir,
    TMPDIR: workDir,
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    WORK_DIR: workDir,
    // Otherwise it fetches the list of models and prices at each start.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_DONT_SHOW_FEEDBACK_BOX: 'true',
    DISABLE_ADMIN_UI: 'True',
    HF_HUB_OFFLINE: '1',
    DO_NOT_TRACK: '1',
  };
}

async function untilReady(url: string, key: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.signalCode ?? child.exitCode}`);
    // The second question tells it from a stranger that took the port in between.
    if ((await answersOk(`${url}/health/liveliness`)) && (await answersOk(`${url}/v1/models`, key))) return;
    await delay(100);
  }
  throw new Error(`no answer within ${START_TIMEOUT_MS} ms`);
}

async function answersOk(url: string, key?: string): Promise<boolean> {
  const headers = key ? { authorization: `Bearer ${key}` } : undefined;
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, 'exit');
  signalGroup(child.pid, 'SIGTERM');
  // Uvicorn waits for requests under way, and some of ours hang on purpose.
  const timer = setTimeout(() => signalGroup(child.pid as number, 'SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone in the meantime.
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
