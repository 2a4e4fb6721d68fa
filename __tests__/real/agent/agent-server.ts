import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, hasEnded, logOf, minimalEnvironment } from '../child-process.js';
import { freePort } from '../free-port.js';
import type { Project } from './project.js';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 8_000;

/** The runtime of the server. */
export type Engine = 'Node' | 'Bun';

/** The response of `serve.mjs` to `GET /state`. */
export interface AgentState {
  pid: number;
  /** Unhandled rejections. */
  unhandled: string[];
  /** Every vector in the database, with the text of its memory. */
  vectors: { text: string; vector: number[] }[];
}

export interface RunningAgent {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly agentId: string;
  readonly pid: number | undefined;
  /** False once the process has ended. */
  readonly alive: boolean;
  state(): Promise<AgentState>;
  /** The end of its output. */
  log(): string;
  /** Ends the process and removes its files. */
  stop(): Promise<void>;
}

export interface AgentServerOptions {
  engine: Engine;
  project: Project;
  /** Whether the agent loads this plugin; the project has to contain it. */
  isProtected: boolean;
  settings: Record<string, string>;
}

/** Starts a real agent on a free port of loopback. It ends with this process, even if this one is killed. */
export async function startAgentServer(options: AgentServerOptions): Promise<RunningAgent> {
  const { engine, project, isProtected, settings } = options;
  const home = await mkdtemp(join(tmpdir(), 'agent-'));
  const port = await freePort();
  const child = spawn(engine === 'Bun' ? project.bun : process.execPath, ['serve.mjs'], {
    cwd: project.folder,
    env: {
      ...environment(home),
      AGENT_PORT: String(port),
      AGENT_DATA_DIR: join(home, 'database'),
      AGENT_PROTECTED: String(isProtected),
      ...settings,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own process group: on Ctrl-C only the test runner gets the signal, and stops the agent in order.
    detached: true,
  });
  const log = logOf(child);
  const stop = async () => {
    await endProcess(child, STOP_TIMEOUT_MS);
    await rm(home, { recursive: true, force: true });
  };
  try {
    const ready = await untilReady(child);
    const url = `http://127.0.0.1:${ready.port}`;
    return {
      url,
      agentId: ready.agentId,
      pid: child.pid,
      get alive() {
        return !hasEnded(child);
      },
      state: async () => (await (await fetch(`${url}/state`)).json()) as AgentState,
      log,
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`The agent did not start under ${engine}:\n${log()}`, { cause: error });
  }
}

function environment(home: string): NodeJS.ProcessEnv {
  return {
    ...minimalEnvironment(home),
    LOG_LEVEL: 'warn',
    SERVER_HOST: '127.0.0.1',
    ELIZA_UI_ENABLE: 'false',
    // AgentServer reports errors to its vendor's Sentry. Only the address can be changed: to a closed port.
    SENTRY_DSN: 'http://none@127.0.0.1:9/1',
  };
}

/** Waits for the line of JSON that `serve.mjs` prints when it is ready. */
function untilReady(child: ChildProcess): Promise<{ port: number; agentId: string }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready within ${START_TIMEOUT_MS} ms`)), START_TIMEOUT_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    let output = '';
    child.stdout?.on('data', (data) => {
      output += data;
      const [line] = /^\{"port":.*\}$/m.exec(output) ?? [];
      if (line) settle(() => resolve(JSON.parse(line)));
    });
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code, signal) => settle(() => reject(new Error(`the process ended with ${signal ?? code}`))));
  });
}
