import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuarded, ELIZANET_ANSWER, type Guarded, primary } from '../../lab/guarded.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { closedPort, type StandIn, startStandIn } from '../../lab/stand-in/server.js';

const DOWN: Fault = { kind: 'status', status: 503 };

let upstream: StandIn;
let guarded: Guarded;
/** Refuses connections: the target of the primary's telemetry. */
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
/** Stands for a primary that keeps retrying. */
const never = () => new Promise<never>(() => {});

describe('a primary whose request fails and is retried', () => {
  it('fails over at once', async () => {
    upstream.fault = DOWN;
    expect(await ask(() => chat().then(never))).toBe(ELIZANET_ANSWER);
    expect(upstream.calls).toHaveLength(1);
  });

  it('fails over at once though its model lookup succeeded', async () => {
    upstream.fault = ({ path }) => (path === '/api/chat' ? DOWN : { kind: 'none' });
    const answer = ask(async () => {
      await post('/api/show');
      await post('/api/chat');
      return never();
    });
    expect(await answer).toBe(ELIZANET_ANSWER);
  });
});

describe('a request that gets a response', () => {
  it('which redirects to a failing URL fails over at once', async () => {
    upstream.fault = ({ path }) =>
      path === '/old' ? { kind: 'status', status: 307, headers: { location: '/v1/chat/completions' } } : DOWN;
    expect(await ask(() => post('/old').then(never))).toBe(ELIZANET_ANSWER);
  });

  const readToTheEnd = async ({ body }: Response) => {
    const reader = (body as ReadableStream).getReader();
    for (let ended = false; !ended; ) ended = (await reader.read()).done;
  };

  it.each([
    ['text()', (response: Response) => response.text()],
    ['json()', (response: Response) => response.json()],
    ['a reader of its body', readToTheEnd],
  ])('which is cut while %s reads it fails over, while the primary retries', async (_, read) => {
    upstream.fault = { kind: 'cut-body' };
    expect(await ask(async () => read(await chat()).catch(never))).toBe(ELIZANET_ANSWER);
  });
});

describe('a TypeError', () => {
  const readShapeless = async (response: Response) => ((await response.json()) as { no: { such: string } }).no.such;
  const errorOf = (answer: Promise<unknown>) => answer.catch((error) => error);

  it('thrown while a response is read fails over: the response was malformed', async () => {
    expect(await ask(async () => readShapeless(await chat()))).toBe(ELIZANET_ANSWER);
  });

  it('without a response is rethrown', async () => {
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

  it('does not fail over for concurrent telemetry to a dead host', async () => {
    await primaryAnswers(async () => {
      const main = chat();
      await telemetry();
      await main;
      return 'mine';
    });
  });

  it('does not fail over for later telemetry to a dead host', async () => {
    await primaryAnswers(async () => {
      await chat();
      await telemetry();
      return 'mine';
    });
  });

  it('does not fail over when the primary cancels the body and then sends telemetry to a dead host', async () => {
    upstream.fault = { kind: 'cut-body' };
    await primaryAnswers(async () => {
      const { body } = await chat();
      await body?.cancel();
      await telemetry();
      return 'mine';
    });
  });

  it('does not fail over for a failed model lookup before it', async () => {
    upstream.fault = ({ path }) => (path === '/v1/models' ? DOWN : { kind: 'none' });
    await primaryAnswers(async () => {
      await fetch(new Request(`${upstream.url}/v1/models?limit=1`));
      await chat();
      return 'mine';
    });
  });
});
