import { afterEach, describe, expect, it } from 'vitest';
import { refusal } from '../../../lab/chat-replies.js';
import { embeddingData, textsOf, vectorOf } from '../../../lab/embedding-replies.js';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { createGuarded, type Guarded, type GuardedOptions, primary, statusError } from '../../../lab/guarded.js';
import { closedPort } from '../../../lab/stand-in/server.js';
import { EmbeddingSpaceMismatchError, InvalidResponseError, ProviderTimeoutError } from '../../../src/index.js';

const WIDTH = 16;
const THROW = { ELIZANET_EMBEDDING_ON_ERROR: 'throw' };

let guarded: Guarded;
let clock: FakeClock;

afterEach(() => guarded.stop());

/** An agent whose only provider is ElizaNet. */
async function start(settings: Record<string, string> = {}, options: GuardedOptions = {}): Promise<void> {
  clock = fakeClock();
  guarded = await createGuarded({
    plugins: [],
    elizaNet: { vector: (text) => vectorOf(text, WIDTH) },
    settings: { ELIZANET_EMBEDDING_DIMENSIONS: String(WIDTH), ...settings },
    options: { clock, random: () => 0 },
    ...options,
  });
}

const embed = (text: string) => guarded.runtime.useModel('TEXT_EMBEDDING', { text });
const failureOf = (call: Promise<unknown>) =>
  call.then(
    (value) => expect.fail(`answered ${JSON.stringify(value)}`),
    (error) => error,
  );
const bodies = () => guarded.elizaNet.calls.map(({ body }) => body);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `text ${i}`);
const standIn = (mark: number, width = WIDTH) => [mark, ...new Array<number>(width - 1).fill(0)];

describe('a lone text', () => {
  it('is asked for by itself, as base64, and comes back as a list of numbers', async () => {
    await start();
    expect(await embed('hello')).toEqual(vectorOf('hello', WIDTH));
    expect(bodies()).toEqual([{ model: 'text-embedding-3-small', input: 'hello', encoding_format: 'base64' }]);
  });

  it.each([
    ['null', null, 0.1],
    ['blank', { text: ' \n' }, 0.3],
    ['absent', { text: undefined }, 0.3],
  ])('that is %s is answered by its mark, without a request', async (_, params, mark) => {
    await start();
    expect(await guarded.runtime.useModel('TEXT_EMBEDDING', params as never)).toEqual(standIn(mark));
    expect(bodies()).toEqual([]);
  });

  it.each([[{}], [{ input: 'hello' }], [['hello']], [{ texts: ['hello'] }]])(
    'in params of another shape is an error that says what to pass: %j',
    async (params) => {
      await start();
      const error = await failureOf(guarded.runtime.useModel('TEXT_EMBEDDING', params as never));
      expect(error).toMatchObject({
        name: 'InvalidInputError',
        message: 'TEXT_EMBEDDING takes { text }, a string, or null',
      });
      expect(bodies()).toEqual([]);
    },
  );

  it('that is no text is an error', async () => {
    await start();
    const error = await failureOf(guarded.runtime.useModel('TEXT_EMBEDDING', { text: 5 } as never));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', message: 'text must be a string, not number' });
  });
});

describe('texts that come at the same time', () => {
  it('travel a hundred in one request, and each caller gets its own vector', async () => {
    await start();
    const texts = numbered(250);
    expect(await Promise.all(texts.map(embed))).toEqual(texts.map((text) => vectorOf(text, WIDTH)));
    expect(guarded.elizaNet.calls.map((call) => textsOf(call).length)).toEqual([100, 100, 50]);
  });

  it('travel together when they fail over, too', async () => {
    const down = primary({ TEXT_EMBEDDING: () => Promise.reject(statusError(503)) });
    await start({}, { plugins: [down] });
    const texts = numbered(30);
    expect(await Promise.all(texts.map(embed))).toEqual(texts.map((text) => vectorOf(text, WIDTH)));
    expect(bodies()).toHaveLength(1);
  });

  it.each([
    ['in another order, by index', (i: number) => i, true],
    ['without an index', () => undefined, false],
  ])('are told apart when they are answered %s', async (_, indexOf, reversed) => {
    await start();
    guarded.elizaNet.fault = (request) => {
      const data = textsOf(request).map((text, i) => ({ index: indexOf(i), embedding: vectorOf(text, WIDTH) }));
      return embeddingData(reversed ? data.reverse() : data);
    };
    const texts = numbered(20);
    expect(await Promise.all(texts.map(embed))).toEqual(texts.map((text) => vectorOf(text, WIDTH)));
  });

  it('and are the same are asked for once; each caller may do with its vector what it likes', async () => {
    await start();
    const [one, two] = await Promise.all([embed('same'), embed('same'), embed('other')]);
    one?.fill(0);
    expect(two).toEqual(vectorOf('same', WIDTH));
    expect(bodies().map(({ input }) => input)).toEqual([['same', 'other']]);
  });

  it('share what their request cost by their lengths', async () => {
    await start();
    guarded.elizaNet.fault = (request) =>
      embeddingData(
        textsOf(request).map((text) => ({ embedding: vectorOf(text, WIDTH) })),
        { prompt_tokens: 100, total_tokens: 100 },
      );
    await Promise.all([embed('x'.repeat(10)), embed('y'.repeat(30)), embed('z'.repeat(7)), embed('z'.repeat(7))]);
    const used = guarded.events.filter(({ name }) => name === 'MODEL_USED').map(({ payload }) => payload);
    const tokens = used.map(({ prompt, tokens }) => [prompt, (tokens as { total: number }).total]);
    expect(tokens).toEqual([
      ['[10 characters]', 21],
      ['[30 characters]', 64],
      // The last two share a place.
      ['[7 characters]', 8],
      ['[7 characters]', 8],
    ]);
  });

  it('and of which one is refused are answered but for that one', async () => {
    await start(THROW);
    const isRefused = (text: string) => text === 'text 13';
    guarded.elizaNet.fault = (request) =>
      textsOf(request).some(isRefused) ? refusal('This input is not accepted.') : { kind: 'none' };
    const results = await Promise.allSettled(numbered(50).map(embed));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(49);
    expect(results[13]).toMatchObject({ status: 'rejected', reason: { code: 'UPSTREAM_STATUS', statusCode: 400 } });
  });

  it.each([
    ['a placeholder vector', standIn(0.5)],
    ['null', null],
    ['a text', 'not available'],
    ['an object', { 0: 1, length: 1 }],
    ['an empty list', []],
    ['a list with a text in it', [...vectorOf('x', WIDTH - 1), '1']],
  ])('and of which one has %s for a vector are answered but for that one', async (_, embedding) => {
    await start(THROW);
    guarded.elizaNet.fault = (request) =>
      embeddingData(
        textsOf(request).map((text) => ({ embedding: text === 'text 1' ? embedding : vectorOf(text, WIDTH) })),
      );
    const results = await Promise.allSettled(numbered(3).map(embed));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(InvalidResponseError);
    expect(bodies()).toHaveLength(1);
  });

  it('are sent one by one to a server that answers only the first of a list, and from then on', async () => {
    await start();
    guarded.elizaNet.fault = (request) =>
      embeddingData([{ index: 0, embedding: vectorOf(textsOf(request)[0] as string, WIDTH) }]);
    const texts = numbered(4);
    expect(await Promise.all(texts.map(embed))).toEqual(texts.map((text) => vectorOf(text, WIDTH)));
    guarded.elizaNet.requests.length = 0;
    await Promise.all(texts.map(embed));
    // Each on a connection of its own: they may overtake each other.
    expect(
      bodies()
        .map(({ input }) => input)
        .sort(),
    ).toEqual(texts);
  });

  it.each([503, 429, 401])('and meet %i are not tried one by one', async (status) => {
    await start({ ...THROW });
    guarded.elizaNet.fault = { kind: 'status', status };
    const results = await Promise.allSettled(numbered(50).map(embed));
    expect(results.every((result) => result.status === 'rejected' && result.reason.statusCode === status)).toBe(true);
    // The client itself may try a 503 again.
    expect(bodies().length).toBeLessThanOrEqual(2);
  });

  it('are answered although one caller leaves', async () => {
    const down = primary({ TEXT_EMBEDDING: () => Promise.reject(statusError(503)) });
    await start({}, { plugins: [down], elizaNet: { vector: (text) => vectorOf(text, WIDTH), delayMs: 30 } });
    const controller = new AbortController();
    const params = { text: 'leaves', abortSignal: controller.signal };
    const leaves = failureOf(guarded.runtime.useModel('TEXT_EMBEDDING', params));
    const stays = embed('stays');
    while (guarded.elizaNet.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('the user went away'));
    expect((await leaves).message).toBe('the user went away');
    expect(await stays).toEqual(vectorOf('stays', WIDTH));
  });
});

describe('base64', () => {
  const formats = () => bodies().map(({ encoding_format }) => encoding_format);

  it('is given up for good when it is what the server refuses', async () => {
    await start();
    guarded.elizaNet.fault = ({ body }) =>
      body.encoding_format ? refusal("Model x: encoding_format 'base64' is not supported") : { kind: 'none' };
    expect(await embed('one')).toEqual(vectorOf('one', WIDTH));
    expect(await embed('two')).toEqual(vectorOf('two', WIDTH));
    expect(formats()).toEqual(['base64', undefined, undefined]);
  });

  it('is not given up when a text was refused for itself', async () => {
    await start(THROW);
    guarded.elizaNet.fault = (request) => (textsOf(request).includes('bad') ? refusal('No.') : { kind: 'none' });
    await failureOf(embed('bad'));
    await embed('good');
    await failureOf(embed('bad'));
    expect(formats()).toEqual(['base64', undefined, 'base64', 'base64']);
  });

  it('may be ignored by a server: numbers are read as they come', async () => {
    await start();
    guarded.elizaNet.fault = embeddingData([{ index: 0, embedding: vectorOf('x', WIDTH) }]);
    expect(await embed('one')).toEqual(vectorOf('x', WIDTH));
    await embed('two');
    expect(formats()).toEqual(['base64', 'base64']);
  });
});

describe('the width', () => {
  const dimensions = () => bodies().map((body) => body.dimensions);

  it('is asked for when it is not right by itself, and from then on', async () => {
    await start({}, { elizaNet: { vector: (text) => vectorOf(text, 32) } });
    expect(await embed('one')).toEqual(vectorOf('one', WIDTH));
    expect(await embed('two')).toEqual(vectorOf('two', WIDTH));
    expect(dimensions()).toEqual([undefined, WIDTH, WIDTH]);
  });

  it("is that of the primary's last vector, whatever the settings say, also for a stand-in", async () => {
    let isDown = false;
    const plugin = primary({
      TEXT_EMBEDDING: () => {
        if (isDown) throw statusError(503);
        return vectorOf('mine', 12);
      },
    });
    await start({}, { plugins: [plugin] });
    await embed('while it is well');
    isDown = true;
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    expect(await embed('in the outage')).toEqual(standIn(0.4, 12));
  });

  it.each([
    ['refused', refusal('This model does not support dimensions.')],
    ['ignored', embeddingData([{ embedding: vectorOf('x', 32) }])],
  ])('that cannot be had, since it is %s, is an error and never a vector', async (_, answer) => {
    await start({ ELIZANET_EMBEDDING_ON_MISMATCH: 'allow' });
    guarded.elizaNet.fault = ({ body }) =>
      body.dimensions ? answer : embeddingData([{ embedding: vectorOf('x', 32) }]);
    const error = await failureOf(embed('one'));
    expect(error).toBeInstanceOf(EmbeddingSpaceMismatchError);
    expect(error.message).toContain("they have 32 dimensions, the agent's have 16");
    expect(guarded.events.map(({ name }) => name)).not.toContain('ELIZANET_STAND_IN_SERVED');
    expect(dimensions()).toEqual([undefined, WIDTH]);
  });

  it('is found out anew when the server does not take it any more', async () => {
    await start({}, { elizaNet: { vector: (text) => vectorOf(text, 32) } });
    await embed('one');
    guarded.elizaNet.fault = ({ body }) =>
      body.dimensions ? refusal('Not any more.') : embeddingData([{ embedding: vectorOf('x', WIDTH) }]);
    expect(await embed('two')).toEqual(standIn(0.4));
    expect(await embed('three')).toEqual(vectorOf('x', WIDTH));
  });
});

describe('a failure', () => {
  it.each([
    ['an error', { kind: 'status', status: 500 } as const, 0.4],
    ['something else than JSON', { kind: 'garbage' } as const, 0.4],
    ['a lost connection', { kind: 'drop' } as const, 0.6],
  ])('by %s is answered by a marked vector, and said', async (_, fault, mark) => {
    await start();
    guarded.elizaNet.fault = fault;
    expect(await embed('one')).toEqual(standIn(mark));
    expect(guarded.events.map(({ name }) => name)).toContain('ELIZANET_STAND_IN_SERVED');
  });

  it('by a refused connection is answered by the mark of the network', async () => {
    await start({ ELIZANET_BASE_URL: await closedPort() });
    expect(await embed('one')).toEqual(standIn(0.6));
  });

  it('is thrown with ELIZANET_EMBEDDING_ON_ERROR=throw', async () => {
    await start(THROW);
    guarded.elizaNet.fault = { kind: 'status', status: 500 };
    expect(await failureOf(embed('one'))).toMatchObject({ code: 'UPSTREAM_STATUS', statusCode: 500 });
  });

  it('is a timeout when all the requests for a text together take longer than ELIZANET_TIMEOUT', async () => {
    await start({ ...THROW, ELIZANET_TIMEOUT: '1000' });
    guarded.elizaNet.fault = ({ body }) => {
      if (body.encoding_format) {
        clock.advance(900);
        return refusal('No base64.');
      }
      queueMicrotask(() => clock.advance(100));
      return { kind: 'hang' };
    };
    const error = await failureOf(embed('one'));
    expect(error).toBeInstanceOf(ProviderTimeoutError);
    expect(error).toMatchObject({ timeoutMs: 1_000 });
    expect(error.requestId ?? '').toMatch(/^[0-9a-f-]{36}$/);
  });
});
