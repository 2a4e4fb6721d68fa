import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { request as undiciRequest } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuarded, primary } from '../../lab/guarded.js';

/** Slower than the stand-in for ElizaNet, so that a call which starts ElizaNet too early is lost to it. */
const MODEL_MS = 10;
const CALLS = 200;
const LEARNING_CALLS = 3;

let regionA: Server;
let regionB: Server;
let http2: Http2Server;

const addressOf = (server: Server | Http2Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Answers `/ok` as a model would, `/status/N` with that status at once. */
const startServer = () =>
  new Promise<Server>((resolve) => {
    const server = createServer((request, response) => {
      const status = Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
      setTimeout(() => response.writeHead(status).end('mine'), status === 200 ? MODEL_MS : 0);
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

beforeAll(async () => {
  [regionA, regionB] = await Promise.all([startServer(), startServer()]);
  http2 = createHttp2Server((_, response) => setTimeout(() => response.end('mine'), MODEL_MS));
  await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  for (const server of [regionA, regionB]) {
    server.closeAllConnections();
    server.close();
  }
  http2.close();
});

type Ask = (origin: string, path: string) => Promise<string>;

/** Ways in which a provider's client may reach its model; the wire shows only the first two. */
const CLIENTS: Record<string, Ask> = {
  async fetch(origin, path) {
    const response = await fetch(origin + path, { method: 'POST' });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.text();
  },
  async undici(origin, path) {
    const { statusCode, body } = await undiciRequest(origin + path, { method: 'POST' });
    const text = await body.text();
    if (statusCode >= 400) throw new Error(`status ${statusCode}`);
    return text;
  },
  'node:http': (origin, path) =>
    new Promise((resolve, reject) => {
      const request = httpRequest(origin + path, { method: 'POST' }, (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () =>
          response.statusCode === 200 ? resolve(text) : reject(new Error(`status ${response.statusCode}`)),
        );
      });
      request.on('error', reject);
      request.end();
    }),
  'HTTP/2': (_, path) => {
    if (path !== '/ok') return Promise.reject(new Error('refused'));
    const session = connectHttp2(addressOf(http2));
    return new Promise<string>((resolve, reject) => {
      let text = '';
      const stream = session.request({ ':path': path });
      stream.on('data', (part) => {
        text += part;
      });
      stream.on('end', () => resolve(text));
      stream.on('error', reject);
    }).finally(() => session.close());
  },
  'in-process': (_, path) =>
    new Promise((resolve, reject) => {
      if (path === '/ok') setTimeout(() => resolve('mine'), MODEL_MS);
      else reject(new Error('refused'));
    }),
};

/** Something beside the model call that fails, by the runtime's fetch, which the wire shows. */
const telemetry = (path: string) => fetch(addressOf(regionB) + path).then((response) => response.text());
const deadTelemetry = () => fetch('http://127.0.0.1:9/trace').then(() => {});
const ignored = (promise: Promise<unknown>) => promise.then(undefined, () => {});

const HABITS: Record<string, (ask: Ask) => Promise<string>> = {
  'that simply answers': (ask) => ask(addressOf(regionA), '/ok'),
  'that rotates its keys': (ask) => ask(addressOf(regionA), '/status/429').catch(() => ask(addressOf(regionA), '/ok')),
  'that has a second region': (ask) =>
    ask(addressOf(regionA), '/status/503').catch(() => ask(addressOf(regionB), '/ok')),
  'that pings its own health first, in vain': async (ask) => {
    await ignored(ask(addressOf(regionA), '/status/404'));
    return ask(addressOf(regionA), '/ok');
  },
  'with dead telemetry before': async (ask) => {
    await ignored(deadTelemetry());
    return ask(addressOf(regionA), '/ok');
  },
  'with limited telemetry beside': async (ask) => {
    void ignored(telemetry('/status/429'));
    return ask(addressOf(regionA), '/ok');
  },
  'with refused telemetry after': async (ask) => {
    const text = await ask(addressOf(regionA), '/ok');
    await ignored(telemetry('/status/401'));
    return text;
  },
};

const cells = Object.keys(CLIENTS).flatMap((client) => Object.keys(HABITS).map((habit) => [client, habit] as const));

describe('a healthy primary keeps its own answers after three calls of learning, its circuit closed', () => {
  it.concurrent.each(cells)(
    'by %s, %s',
    async (client, habit) => {
      const answer = () => (HABITS[habit] as (ask: Ask) => Promise<string>)(CLIENTS[client] as Ask);
      const { runtime, events, elizaNet, stop } = await createGuarded({ plugins: [primary({ TEXT_LARGE: answer })] });
      try {
        const answers: unknown[] = [];
        for (let i = 0; i < CALLS; i++) {
          answers.push(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' }));
          // The answers of abandoned attempts teach too; they come a little later.
          if (i < LEARNING_CALLS) await new Promise((resolve) => setTimeout(resolve, 5 * MODEL_MS));
        }
        expect(new Set(answers.slice(LEARNING_CALLS))).toEqual(new Set(['mine']));
        expect(elizaNet.calls.length).toBeLessThanOrEqual(LEARNING_CALLS);
        const states = events
          .filter(({ name }) => name === 'ELIZANET_BREAKER_CHANGED')
          .filter(({ payload }) => payload.provider === 'primary')
          .map(({ payload }) => payload.state);
        expect(['closed', undefined]).toContain(states.at(-1));
      } finally {
        await stop();
      }
    },
    60_000,
  );
});
