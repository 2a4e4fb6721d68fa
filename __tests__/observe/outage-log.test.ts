import { AgentRuntime, type Plugin } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, joined, primary, statusError } from '../../lab/guarded.js';
import { type LogLine, logLines } from '../../lab/log-lines.js';

let guarded: Guarded;
let clock: FakeClock;
let log: LogLine[];

type Answer = () => unknown;

/** Starts an agent whose primaries answer by these functions. */
async function start(primaries: Record<string, Answer>, settings: Record<string, string | number> = {}) {
  clock = fakeClock();
  guarded = await createGuarded({
    plugins: Object.entries(primaries).map(([name, answer]) =>
      primary({ TEXT_SMALL: answer, TEXT_LARGE: answer }, name),
    ),
    settings: { ELIZANET_COOLDOWN: 15_000, ELIZANET_COOLDOWN_MAX: 60_000, ...settings },
    options: { clock, random: () => 0, env: {} },
  });
  log = logLines(guarded.runtime);
}

afterEach(() => guarded.stop());

const ask = (modelType: 'TEXT_SMALL' | 'TEXT_LARGE' = 'TEXT_LARGE') =>
  guarded.runtime.useModel(modelType, { prompt: 'hi' }).catch((error: Error) => error);
/** The lines at the default level, without prefix. */
const shown = () =>
  log.filter(({ level }) => level !== 'debug').map(({ level, message }) => `${level} ${message.slice(11)}`);
const timeIn = (ms: number) => new Date(clock.wallNow() + ms).toTimeString().slice(0, 8);
const failing = (status: number, retryAfter?: string) => () => {
  const headers = retryAfter ? { responseHeaders: { 'retry-after': retryAfter } } : {};
  return Promise.reject(Object.assign(statusError(status), headers));
};

describe('the log of an outage', () => {
  it('reports one that goes on each minute, also while the circuit of another provider opens and closes', async () => {
    let flaps = false;
    const other = () => (flaps ? failing(429)() : 'fine');
    await start({ openai: failing(429, '300'), other }, { ELIZANET_COOLDOWN: 1_000, ELIZANET_COOLDOWN_MAX: 300_000 });
    await ask('TEXT_LARGE');
    for (let second = 0; second < 150; second += 2) {
      flaps = true;
      await ask('TEXT_LARGE');
      flaps = false;
      clock.advance(2_000);
      await ask('TEXT_LARGE');
    }
    expect(shown().filter((line) => line.includes('outage for'))).toHaveLength(2);
    expect(shown().filter((line) => line.includes('other has recovered'))).toHaveLength(75);
  });

  it('of 50 calls is its beginning, a report a minute, and its end', async () => {
    let down = true;
    await start({ openai: () => (down ? failing(429, '9')() : 'fine') });
    const until = timeIn(15_000);
    for (let call = 0; call < 50; call++) {
      await ask(call % 5 === 4 ? 'TEXT_SMALL' : 'TEXT_LARGE');
      clock.advance(2_000);
    }
    down = false;
    clock.advance(60_000);
    await ask('TEXT_LARGE');
    await ask('TEXT_SMALL');
    expect(shown().length).toBeLessThanOrEqual(6);
    expect(shown()).toEqual([
      `warn openai: 429 (Retry-After 9 s); TEXT_LARGE goes to ElizaNet until ${until}`,
      expect.stringMatching(/^warn openai: 429 \(Retry-After 9 s\); TEXT_SMALL goes to ElizaNet until /),
      'warn outage for 1 min 0 s: openai TEXT_LARGE (429 (Retry-After 9 s)), openai TEXT_SMALL (429 (Retry-After 9 s)); calls since the last report: 31 answered by another provider, 0 unanswered',
      'info openai has recovered for TEXT_LARGE after 2 min 40 s; calls answered by another provider: 40',
      'info openai has recovered for TEXT_SMALL after 2 min 32 s; calls answered by another provider: 10',
    ]);
    expect(clock.pendingCount).toBeLessThanOrEqual(1);
  });

  it('has each single call at debug', async () => {
    await start({ openai: failing(503) });
    await ask();
    expect(shown()).toEqual([]);
    expect(log.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/TEXT_LARGE failed over: openai server 503 \d+ ms → elizanet-fallback answered \d+ ms$/),
    );
  });

  it('names the next provider that is asked', async () => {
    await start({ openai: failing(429), anthropic: failing(429) });
    await ask();
    expect(shown()).toEqual([
      expect.stringMatching(/^warn openai: 429; TEXT_LARGE goes to anthropic until /),
      expect.stringMatching(/^warn anthropic: 429; TEXT_LARGE goes to ElizaNet until /),
    ]);
  });

  it('says that an exhausted quota concerns every model type', async () => {
    await start({ openai: failing(402) });
    await ask();
    expect(shown()).toEqual([`warn openai: 402 quota; every model type goes to ElizaNet until ${timeIn(60_000)}`]);
  });

  it('does not report while no call meets an open circuit', async () => {
    await start({ openai: () => 'fine' });
    guarded.elizaNet.fault = { kind: 'status', status: 429 };
    await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' }, 'elizanet-fallback').catch(() => {});
    const before = shown();
    clock.advance(120_000);
    await ask();
    expect(before).toEqual([expect.stringMatching(/^warn ElizaNet: 429; ElizaNet is not asked for TEXT_LARGE until /)]);
    expect(shown()).toEqual(before);
  });

  it('carries its values as fields when core writes JSON', async () => {
    clock = fakeClock();
    guarded = await createGuarded({
      plugins: [primary({ TEXT_LARGE: failing(429, '30') }, 'openai')],
      options: { clock, random: () => 0, env: { LOG_JSON_FORMAT: 'true' } },
    });
    log = logLines(guarded.runtime);
    await ask();
    expect(log.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      provider: 'openai',
      modelType: 'TEXT_LARGE',
      next: 'ElizaNet',
      reason: 'rate_limit',
      statusCode: 429,
      retryAfterMs: 30_000,
    });
    expect(log.find(({ message }) => message.includes('failed over'))?.fields.attempts).toMatchObject([
      { provider: 'openai', outcome: 'failed' },
      { provider: 'elizanet-fallback', outcome: 'answered' },
    ]);
  });
});

describe('a failure that an operator has to repair', () => {
  it('is an error once per outage: a refused key, for the whole provider', async () => {
    let down = true;
    await start({ openai: () => (down ? failing(401)() : 'fine') });
    const errors = () => shown().filter((line) => line.startsWith('error'));
    for (let call = 0; call < 10; call++) await ask(call % 2 ? 'TEXT_SMALL' : 'TEXT_LARGE');
    const refused =
      'error openai refuses access for every model type (401 auth): repair the API key or the account of openai';
    expect(errors()).toEqual([refused]);
    down = false;
    clock.advance(60_000);
    expect(await ask()).toBe('fine');
    down = true;
    await ask();
    expect(errors()).toEqual([refused, refused]);
  });

  it('is an error once per model type: a model that does not exist', async () => {
    const missing = Object.assign(statusError(404, 'The model does not exist'), { code: 'model_not_found' });
    await start({ openai: () => Promise.reject(missing) });
    for (let call = 0; call < 6; call++) await ask(call % 2 ? 'TEXT_SMALL' : 'TEXT_LARGE');
    expect(shown().filter((line) => line.startsWith('error'))).toEqual(
      ['TEXT_LARGE', 'TEXT_SMALL'].map(
        (modelType) =>
          `error openai does not have the model set for ${modelType} (404 model_not_found): set another model in the settings of openai`,
      ),
    );
  });

  it("is an error once per opening of its circuit when it is ElizaNet's, with the setting to change", async () => {
    await start({ openai: failing(503) });
    guarded.elizaNet.fault = { kind: 'status', status: 401 };
    for (let call = 0; call < 5; call++) await ask();
    const ofElizaNet = shown().filter((line) => line.includes('ElizaNet: 401'));
    expect(ofElizaNet).toEqual([expect.stringMatching(/^error .*cannot answer TEXT_LARGE.*ELIZANET_API_KEY/)]);
    expect(shown().filter((line) => line.includes('could not be answered'))).toHaveLength(5);
  });
});

describe('a call', () => {
  it('that no provider could answer is an error', async () => {
    await start({ openai: failing(503) });
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    await ask();
    expect(shown()).toEqual([
      expect.stringMatching(
        /^error TEXT_LARGE could not be answered: openai server 503 \d+ ms → elizanet-fallback server 503 \d+ ms$/,
      ),
    ]);
  });

  it('that gets a placeholder vector has one line and one event for that, and no other', async () => {
    await start({}, { ELIZANET_EMBEDDING_ON_ERROR: 'vector' });
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    guarded.events.length = 0;
    await guarded.runtime.useModel('TEXT_EMBEDDING', { text: 'hi' });
    expect(shown()).toEqual([
      expect.stringMatching(/^warn TEXT_EMBEDDING: no provider could embed, a placeholder vector is served/),
    ]);
    expect(guarded.events.map(({ name }) => name)).toEqual(['ELIZANET_STAND_IN_SERVED']);
  });

  it('that its caller aborts after it failed over is no error, and no event', async () => {
    await start({ openai: failing(503) });
    guarded.elizaNet.fault = { kind: 'hang' };
    const controller = new AbortController();
    const params = { prompt: 'hi', abortSignal: controller.signal };
    const answer = guarded.runtime.useModel('TEXT_LARGE', params).catch((error: Error) => error.message);
    while (guarded.elizaNet.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('the user went away'));
    expect(await answer).toBe('the user went away');
    expect(shown()).toEqual([]);
    expect(guarded.events).toEqual([]);
    expect(log.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/was aborted by its caller: openai server 503 .* → elizanet-fallback given up/),
    );
  });

  it('that ElizaNet answers is completed at debug; a stream when it has ended, with its whole duration', async () => {
    await start({ openai: failing(503) });
    const { textStream } = (await guarded.runtime.useModel('TEXT_LARGE', {
      prompt: 'hi',
      stream: true,
    } as never)) as unknown as { textStream: AsyncIterable<string> };
    const completed = () => log.filter(({ message }) => message.endsWith('TEXT_LARGE completed'));
    expect(completed()).toEqual([]);
    clock.advance(5_000);
    await joined(textStream);
    await new Promise((resolve) => setImmediate(resolve));
    expect(completed()).toMatchObject([{ level: 'debug', fields: { durationMs: 5_000 } }]);
  });
});

it('a wrapper of useModel that drops the provider is named once, and calls fail over in spite of it', async () => {
  const { useModel } = AgentRuntime.prototype;
  const wrapper: Plugin = {
    name: 'wrapper',
    description: 'Wraps useModel',
    init: async (_, runtime) => {
      runtime.useModel = ((type: 'TEXT_LARGE', params: { prompt: string }) =>
        useModel.call(runtime, type, params)) as typeof runtime.useModel;
    },
  };
  guarded = await createGuarded({ plugins: [wrapper, primary({ TEXT_LARGE: failing(503) }, 'openai')] });
  log = logLines(guarded.runtime);
  expect([await ask(), await ask()]).toEqual(['ElizaNet answers this one.', 'ElizaNet answers this one.']);
  expect(shown().filter((line) => line.includes('wraps useModel'))).toHaveLength(1);
});
