import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, hasEnded, logOf, minimalEnvironment, signalGroup } from '../child-process.js';
import { freePort } from '../free-port.js';
import { proxyConfig } from './config.js';
import { ensureVenv, LAUNCHER } from './venv.js';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 3_000;

export interface LiteLLM {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly key: string;
  /** The end of its output. */
  log(): string;
  /** Kills the process at once, with its open connections. */
  kill(): void;
  /** Ends the process and removes its files. */
  stop(): Promise<void>;
}

export interface LiteLLMOptions {
  /** Serves the `upstream-*` models. @default none, only LiteLLM's mock models */
  upstreamUrl?: string;
  /** Must start with `sk-`. */
  masterKey: string;
  /** LiteLLM's fallbacks by model. If there are any, LiteLLM lists them in every error. */
  fallbacks?: Record<string, string[]>;
}

/** Starts a real LiteLLM proxy on a free port of loopback. It ends with this process, even if this one is killed. */
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
    // Its own process group: on Ctrl-C only the test runner gets the signal, and stops the proxy in order.
    { cwd: workDir, env: environment(workDir), stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const log = logOf(child);
  const stop = async () => {
    // Uvicorn waits for requests in flight, and some tests leave hanging ones.
    await endProcess(child, STOP_TIMEOUT_MS, (signal) => signalGroup(child, signal));
    await rm(workDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(url, masterKey, child);
  } catch (error) {
    await stop();
    throw new Error(`LiteLLM did not start:\n${log()}`, { cause: error });
  }
  return { url, key: masterKey, log, kill: () => signalGroup(child, 'SIGKILL'), stop };
}

function environment(workDir: string): NodeJS.ProcessEnv {
  return {
    ...minimalEnvironment(workDir),
    PYTHONUNBUFFERED: '1',
    WORK_DIR: workDir,
    // Otherwise it downloads its list of models and prices at each start.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_DONT_SHOW_FEEDBACK_BOX: 'true',
    DISABLE_ADMIN_UI: 'True',
    HF_HUB_OFFLINE: '1',
  };
}

async function untilReady(url: string, key: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new Error(`the process ended with ${child.signalCode ?? child.exitCode}`);
    // The second request makes sure that it is this proxy, and not another process that took the port.
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
