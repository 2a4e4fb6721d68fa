import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded, primary } from '../../lab/guarded.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { closedPort, type StandIn, startStandIn } from '../../lab/stand-in/server.js';

const ELIZANET = 'ElizaNet answers this one.';
const DOWN: Fault = { kind: 'status', status: 503 };

let upstream: StandIn;
let guarded: Guarded;
/** Where nobody listens: the telemetry of a primary goes there. */
let deadHost: string;

beforeEach(async () => {
  upstream = await startStandIn();
  deadHost = await closedPort();
});

afterEach(async () => {
  await guarded.stop();
  await upstream.close();
});

async function ask(handler: () => Promise<unknown>): Promise<unknown> {
  guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: handler })] });
  return guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
}

const post = (path: string) => fetch(`${upstream.url}${path}`, { method: 'POST', body: '{}' });
const chat = () => post('/v1/chat/completions');
const telemetry = () => fetch(`${deadHost}/v1/traces`, { method: 'POST', body: '{}' }).catch(() => {});
/** A primary that would go on retrying for ever. */
const never = () => new Promise<never>(() => {});

describe('a primary whose request fails while it goes on retrying', () => {
  it('is followed by ElizaNet at once', async () => {
    upstream.fault = DOWN;
    expect(await ask(() => chat().then(never))).toBe(ELIZANET);
    expect(upstream.calls).toHaveLength(1);
  });

  it('is followed by ElizaNet at once though its look for the model went well', async () => {
    upstream.fault = ({ path }) => (path === '/api/chat' ? DOWN : { kind: 'none' });
    const answer = ask(async () => {
      await post('/api/show');
      await post('/api/chat');
      return never();
    });
    expect(await answer).toBe(ELIZANET);
  });
});

describe('a request that goes well at first', () => {
  it('and is redirected to one that fails is followed by ElizaNet at once', async () => {
    upstream.fault = ({ path }) =>
      path === '/old' ? { kind: 'status', status: 307, headers: { location: '/v1/chat/completions' } } : DOWN;
    expect(await ask(() => post('/old').then(never))).toBe(ELIZANET);
  });

  const readToTheEnd = async ({ body }: Response) => {
    const reader = (body as ReadableStream).getReader();
    for (let ended = false; !ended; ) ended = (await reader.read()).done;
  };

  it.each([
    ['text()', (response: Response) => response.text()],
    ['json()', (response: Response) => response.json()],
    ['a reader of its body', readToTheEnd],
  ])('and breaks off for %s is followed by ElizaNet while the primary goes on retrying', async (_, read) => {
    upstream.fault = { kind: 'cut-body' };
    expect(await ask(async () => read(await chat()).catch(never))).toBe(ELIZANET);
  });
});

describe('a TypeError', () => {
  const readShapeless = async (response: Response) => ((await response.json()) as { no: { such: string } }).no.such;
  const errorOf = (answer: Promise<unknown>) => answer.catch((error) => error);

  it('thrown while an answer is read fails over: the answer was none', async () => {
    expect(await ask(async () => readShapeless(await chat()))).toBe(ELIZANET);
  });

  it("without an answer is the caller's business", async () => {
    expect(await errorOf(ask(() => readShapeless(new Response('{}'))))).toBeInstanceOf(TypeError);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe('a healthy main request', () => {
  const primaryAnswers = async (handler: () => Promise<unknown>) => {
    expect(await ask(handler)).toBe('mine');
    expect(guarded.elizaNet.calls).toHaveLength(0);
    expect(guarded.events.map(({ name }) => name)).not.toContain('ELIZANET_BREAKER_CHANGED');
  };

  it('is not given up for telemetry to a dead host beside it', async () => {
    await primaryAnswers(async () => {
      const main = chat();
      await telemetry();
      await main;
      return 'mine';
    });
  });

  it('is not given up for telemetry to a dead host after it', async () => {
    await primaryAnswers(async () => {
      await chat();
      await telemetry();
      return 'mine';
    });
  });

  it('is not given up because the primary cancels the rest of its body, and reports to a dead host', async () => {
    upstream.fault = { kind: 'cut-body' };
    await primaryAnswers(async () => {
      const { body } = await chat();
      await body?.cancel();
      await telemetry();
      return 'mine';
    });
  });

  it('is not given up for a failing look for the model before it', async () => {
    upstream.fault = ({ path }) => (path === '/v1/models' ? DOWN : { kind: 'none' });
    await primaryAnswers(async () => {
      await fetch(new Request(`${upstream.url}/v1/models?limit=1`));
      await chat();
      return 'mine';
    });
  });
});
