import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { quantile, rounded } from '../statistics.js';
import type { AgentsResult } from './agents.js';

export interface FleetOptions {
  processCount: number;
  agentsPerProcess: number;
  seconds: number;
  callEveryMs: number;
  /** Model calls that ElizaNet takes in each second; more are refused with a 429. */
  elizaNetPerSecond: number;
  redisUrl: string | undefined;
}

export interface FleetRow {
  calls: number;
  unanswered: number;
  deadCalls: number;
  /** The most calls to the dead primary between two pauses of 3 s: those of one open period. */
  deadCallsPerPeriod: number;
  elizaNetRefused: number;
  p50Ms: number;
  p99Ms: number;
}

const PERIOD_GAP_MS = 3_000;
const CHILD = fileURLToPath(new URL('agents.ts', import.meta.url));

/** Lets a fleet lose its primary, as soon as all agents have used it, for as long as it runs. */
export async function runFleet(options: FleetOptions): Promise<FleetRow> {
  let isDead = false;
  const deadAt: number[] = [];
  const primary = await listen((_request, response) => {
    if (!isDead) return response.end('The primary answers.');
    deadAt.push(performance.now());
    response.writeHead(503).end('down');
  });
  let [second, inSecond, elizaNetRefused] = [0, 0, 0];
  const completion = JSON.stringify({
    id: '1',
    object: 'chat.completion',
    model: 'gpt-4o-mini',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'ElizaNet answers.' } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
  const elizaNet = await listen((request, response) => {
    request.resume();
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) [second, inSecond] = [now, 0];
    response.setHeader('content-type', 'application/json');
    // The checks soon after each agent's start.
    if (request.method === 'GET') return response.writeHead(404).end('{}');
    if (++inSecond <= options.elizaNetPerSecond) return response.end(completion);
    elizaNetRefused++;
    response.writeHead(429, { 'retry-after': '1' }).end('{"error":{"message":"Rate limit"}}');
  });
  const children = Array.from({ length: options.processCount }, () => startChild(options, primary.url, elizaNet.url));
  await Promise.all(children.map(({ ready }) => ready));
  isDead = true;
  for (const child of children) child.go();
  const results = await Promise.all(children.map(({ result }) => result));
  primary.close();
  elizaNet.close();

  const latencies = results.flatMap((result) => result.latencies);
  const unanswered = results.reduce((sum, result) => sum + result.unanswered, 0);
  return {
    calls: latencies.length + unanswered,
    unanswered,
    deadCalls: deadAt.length,
    deadCallsPerPeriod: largestGroup(deadAt),
    elizaNetRefused,
    p50Ms: rounded(quantile(latencies, 0.5)),
    p99Ms: rounded(quantile(latencies, 0.99)),
  };
}

function startChild(options: FleetOptions, primary: string, elizaNet: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      LOG_LEVEL: 'fatal',
      FLEET_AGENTS: String(options.agentsPerProcess),
      FLEET_SECONDS: String(options.seconds),
      FLEET_CALL_EVERY_MS: String(options.callEveryMs),
      FLEET_PRIMARY: primary,
      FLEET_ELIZANET: elizaNet,
      FLEET_REDIS: options.redisUrl ?? '',
    },
  });
  const lines = createInterface({ input: child.stdout });
  const { promise: ready, resolve: setReady, reject: failReady } = withResolvers<void>();
  const { promise: result, resolve: setResult, reject: failResult } = withResolvers<AgentsResult>();
  lines.on('line', (line) => {
    if (line === 'ready') setReady();
    else if (line.startsWith('{')) setResult(JSON.parse(line));
  });
  child.once('exit', (code) => {
    const error = new Error(`a process of agents ended with code ${code}`);
    failReady(error);
    failResult(error);
  });
  result.catch(() => {});
  return { ready, result, go: () => child.stdin.write('go\n') };
}

function withResolvers<T>() {
  let [resolve, reject]: [(value: T) => void, (reason: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((onValue, onError) => {
    [resolve, reject] = [onValue, onError];
  });
  return { promise, resolve, reject };
}

async function listen(handle: RequestListener) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

function largestGroup(times: readonly number[]): number {
  let [largest, size] = [0, 0];
  times.forEach((time, index) => {
    size = time - (times[index - 1] ?? time) > PERIOD_GAP_MS ? 1 : size + 1;
    largest = Math.max(largest, size);
  });
  return largest;
}
