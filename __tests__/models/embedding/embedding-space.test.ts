import { afterEach, describe, expect, it } from 'vitest';
import { embeddingModel, inHalfPrecision } from '../../../lab/embedding-spaces.js';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { createGuarded, type Guarded, type Handler, primary, statusError } from '../../../lab/guarded.js';
import { type LogLine, logLines } from '../../../lab/log-lines.js';
import { openAiError } from '../../../lab/stand-in/fault.js';
import { AllProvidersFailedError, EmbeddingSpaceMismatchError, getLastAttempts } from '../../../src/index.js';

const KNOWN = 'The lighthouse keeper writes a letter every evening.';
const NEW = 'Quarterly revenue grew by nine percent.';
const WIDTH = 64;
const mine = embeddingModel(1, WIDTH);
const other = embeddingModel(2, WIDTH);

let guarded: Guarded;
let clock: FakeClock;
let log: LogLine[];
/** What the primary does from now on. */
let embedByPrimary: (text: string) => number[];
/** The texts that the second primary was asked for. */
let askedOfSecond: string[];

afterEach(() => guarded.stop());

const down = () => {
  throw statusError(503);
};

interface Scene {
  /** ElizaNet's model. */
  elizaNet: (text: string) => number[];
  settings?: Record<string, string>;
  /** Whether the primary has embedded a text before it fails. */
  known?: boolean;
  delayMs?: number;
  /** Another primary's model; asked before ElizaNet. */
  second?: (text: string) => number[];
}

/** An agent whose primary has embedded a text, and is down from now on. */
async function outage({ elizaNet, settings, known = true, delayMs, second }: Scene): Promise<void> {
  clock = fakeClock();
  embedByPrimary = mine;
  askedOfSecond = [];
  const primaries = [primary({ TEXT_EMBEDDING: (params) => embedByPrimary(String(params?.text ?? '')) })];
  if (second) {
    const handler: Handler = (params) => {
      const text = String(params.text);
      askedOfSecond.push(text);
      return second(text);
    };
    primaries.push(primary({ TEXT_EMBEDDING: handler }, 'second'));
  }
  guarded = await createGuarded({
    plugins: primaries,
    elizaNet: { vector: elizaNet, delayMs },
    settings: { ELIZANET_EMBEDDING_DIMENSIONS: String(WIDTH), ...settings },
    options: { clock, random: () => 0 },
  });
  log = logLines(guarded.runtime);
  if (known) await embed(KNOWN);
  embedByPrimary = down;
}

const embed = (text: string) => guarded.runtime.useModel('TEXT_EMBEDDING', { text });
const failureOf = (call: Promise<unknown>) =>
  call.then(
    (value) => expect.fail(`answered ${JSON.stringify(value)}`),
    (error) => error,
  );
const nameOf = ({ name }: Error) => name;
/** The texts of each request that ElizaNet got. */
const asked = () => guarded.elizaNet.calls.map(({ body }) => [body.input].flat());
const warnings = () => log.filter(({ level, message }) => level === 'warn' && message.includes('embeddings'));
const standIns = () => guarded.events.filter(({ name }) => name === 'ELIZANET_STAND_IN_SERVED');

describe("ElizaNet's model in the primary's space", () => {
  it("serves the failover: the primary's own text goes along in the same request, once", async () => {
    await outage({ elizaNet: mine });
    expect(await embed(NEW)).toEqual(mine(NEW));
    expect(await embed('And one more text.')).toEqual(mine('And one more text.'));
    expect(asked()).toEqual([[NEW, KNOWN], ['And one more text.']]);
    expect(warnings()).toEqual([]);
  });

  it('may round its numbers', async () => {
    await outage({ elizaNet: inHalfPrecision(mine) });
    expect(await embed(NEW)).toEqual(inHalfPrecision(mine)(NEW));
  });

  it('is compared once when many calls fail over at the same time', async () => {
    await outage({ elizaNet: mine });
    const texts = Array.from({ length: 20 }, (_, i) => `Text number ${i}, long enough to tell.`);
    expect(await Promise.all(texts.map(embed))).toEqual(texts.map(mine));
    expect(
      asked()
        .flat()
        .filter((text) => text === KNOWN),
    ).toHaveLength(1);
  });

  it('is compared again in an outage that goes on for ten minutes', async () => {
    await outage({ elizaNet: mine });
    await embed(NEW);
    clock.advance(600_000);
    await embed('Ten minutes later.');
    expect(asked().at(-1)).toEqual(['Ten minutes later.', KNOWN]);
  });

  it("reports the usage of the comparison to core's monitoring too", async () => {
    await outage({ elizaNet: mine });
    await embed(NEW);
    const used = guarded.events.filter(({ name }) => name === 'MODEL_USED').map(({ payload }) => payload);
    expect(used.map(({ prompt }) => prompt).sort()).toEqual([
      `[${NEW.length} characters]`,
      `[${KNOWN.length} characters]`,
    ]);
    expect(used.reduce((sum, { tokens }) => sum + (tokens as { total: number }).total, 0)).toBe(7);
  });
});

describe("ElizaNet's model of another space", () => {
  it('is an error that says what to change, and no vector, though ELIZANET_EMBEDDING_ON_ERROR is `vector`', async () => {
    await outage({ elizaNet: other });
    const error = await failureOf(embed(NEW));
    expect(error).toBeInstanceOf(AllProvidersFailedError);
    expect(error).toMatchObject({ statusCode: 503 });
    expect(error.message).toContain('elizanet-fallback request EMBEDDING_SPACE_MISMATCH');
    const mismatch = error.errors.at(-1);
    expect(mismatch).toBeInstanceOf(EmbeddingSpaceMismatchError);
    expect(mismatch).toMatchObject({ code: 'EMBEDDING_SPACE_MISMATCH', model: 'text-embedding-3-small' });
    expect(mismatch.message).toMatch(/cosine -?0\.\d\d, 0\.95 is needed.*ELIZANET_EMBEDDING_MODEL/);
    expect(standIns()).toEqual([]);
  });

  it('is asked once: what is known needs no further request', async () => {
    await outage({ elizaNet: other });
    const errors = await Promise.all([failureOf(embed(NEW)), failureOf(embed('Another text.'))]);
    errors.push(await failureOf(embed('A later text.')));
    for (const error of errors) expect(error.errors.map(nameOf)).toContain('EmbeddingSpaceMismatchError');
    expect(asked()).toEqual([[NEW, KNOWN, 'Another text.']]);
  });

  it("is not ElizaNet's failure: its circuit stays closed, and texts are served", async () => {
    await outage({ elizaNet: other });
    for (let i = 0; i < 5; i++) await failureOf(embed(NEW));
    const left = guarded.events.filter(
      ({ name, payload }) => name.includes('BREAKER') && payload.provider !== 'primary',
    );
    expect(left).toEqual([]);
    expect(await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
  });

  it('serves with ELIZANET_EMBEDDING_ON_MISMATCH=allow, and one warning', async () => {
    await outage({ elizaNet: other, settings: { ELIZANET_EMBEDDING_ON_MISMATCH: 'allow' } });
    expect(await embed(NEW)).toEqual(other(NEW));
    expect(await embed(KNOWN)).toEqual(other(KNOWN));
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]?.message).toContain('another space');
  });

  it('serves again ten minutes after its name has been given to the right model', async () => {
    let model = other;
    await outage({ elizaNet: (text) => model(text) });
    await failureOf(embed(NEW));
    model = mine;
    clock.advance(600_000);
    expect(await embed(NEW)).toEqual(mine(NEW));
  });

  it('is no matter for a call that is pinned to ElizaNet', async () => {
    await outage({ elizaNet: other });
    expect(await guarded.runtime.useModel('TEXT_EMBEDDING', { text: NEW }, 'elizanet-fallback')).toEqual(other(NEW));
  });
});

describe('without a vector to compare with', () => {
  it('ElizaNet serves, and one warning says that its space is not known', async () => {
    await outage({ elizaNet: other, known: false });
    expect(await embed(NEW)).toEqual(other(NEW));
    await embed(KNOWN);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]?.message).toContain('ELIZANET_EMBEDDING_MODEL');
    expect(asked()).toEqual([[NEW], [KNOWN]]);
  });

  it('ElizaNet serves without any warning where it is the only provider', async () => {
    guarded = await createGuarded({ plugins: [] });
    log = logLines(guarded.runtime);
    await embed(NEW);
    expect(warnings()).toEqual([]);
  });

  it('so it is when ElizaNet refuses the one text that was remembered: others are embedded all the same', async () => {
    await outage({ elizaNet: mine });
    const refused = { kind: 'status', status: 400, body: openAiError(400) } as const;
    guarded.elizaNet.fault = ({ body }) => ([body.input].flat().includes(KNOWN) ? refused : { kind: 'none' });
    expect(await embed(NEW)).toEqual(mine(NEW));
    const requests = guarded.elizaNet.calls.length;
    expect(await embed('Another text.')).toEqual(mine('Another text.'));
    expect(guarded.elizaNet.calls).toHaveLength(requests + 1);
    expect(warnings()).toHaveLength(1);
  });
});

describe('a second primary', () => {
  it('in the space of the first serves, after the comparison', async () => {
    await outage({ elizaNet: other, second: mine });
    expect(await embed(NEW)).toEqual(mine(NEW));
    expect(askedOfSecond).toEqual([KNOWN, NEW]);
  });

  it('of another space is asked for the comparison alone: ElizaNet serves', async () => {
    await outage({ elizaNet: mine, second: other });
    expect(await embed(NEW)).toEqual(mine(NEW));
    expect(askedOfSecond).toEqual([KNOWN]);
  });

  it('that nothing can be compared with is not asked: ElizaNet serves', async () => {
    await outage({ elizaNet: mine, second: other, known: false });
    expect(await embed(NEW)).toEqual(mine(NEW));
    expect(askedOfSecond).toEqual([]);
    expect(getLastAttempts(guarded.runtime).map(({ failure }) => failure?.code)).toContain('EMBEDDING_SPACE_MISMATCH');
  });

  it('that nothing can be compared with is an error, and no placeholder, when ElizaNet fails too', async () => {
    await outage({ elizaNet: mine, second: other, known: false });
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    expect((await failureOf(embed(NEW))).errors.map(nameOf)).toContain('EmbeddingSpaceMismatchError');
  });

  it('that refuses the text to compare is not asked for another: ElizaNet serves', async () => {
    const second = (text: string) => {
      if (text === KNOWN) throw statusError(400);
      return other(text);
    };
    await outage({ elizaNet: mine, second });
    expect(await embed(NEW)).toEqual(mine(NEW));
    expect(askedOfSecond).toEqual([KNOWN]);
  });

  it('that nothing can be compared with serves with ELIZANET_EMBEDDING_ON_MISMATCH=allow, and one warning', async () => {
    const settings = { ELIZANET_EMBEDDING_ON_MISMATCH: 'allow' };
    await outage({ elizaNet: mine, second: other, known: false, settings });
    expect(await embed(NEW)).toEqual(other(NEW));
    expect(await embed(KNOWN)).toEqual(other(KNOWN));
    expect(warnings()).toMatchObject([{ message: expect.stringContaining("second's embeddings") }]);
  });
});

describe('answers that say nothing about the store', () => {
  it('for blank texts, of another width, change neither the width nor what ElizaNet is compared with', async () => {
    await outage({ elizaNet: mine });
    embedByPrimary = (text) => (text.trim() ? mine(text) : [0.3, ...new Array(WIDTH / 2 - 1).fill(0)]);
    for (const text of [' ', '']) await embed(text);
    embedByPrimary = down;
    expect(await embed(NEW)).toEqual(mine(NEW));
    expect(asked()).toEqual([[NEW, KNOWN]]);
  });

  it('with nulls for numbers are failures: ElizaNet serves, and the width stays', async () => {
    await outage({ elizaNet: mine });
    embedByPrimary = () => new Array(WIDTH * 2).fill(null);
    expect(await embed(NEW)).toEqual(mine(NEW));
  });

  it('of another primary that stood in are not what ElizaNet is compared with', async () => {
    let standsIn = true;
    clock = fakeClock();
    embedByPrimary = mine;
    const second = () => (standsIn ? embeddingModel(3, WIDTH * 2)(NEW) : down());
    guarded = await createGuarded({
      plugins: [
        primary({ TEXT_EMBEDDING: (params) => embedByPrimary(String(params?.text ?? '')) }),
        primary({ TEXT_EMBEDDING: second }, 'second'),
      ],
      elizaNet: { vector: mine },
      settings: { ELIZANET_EMBEDDING_DIMENSIONS: String(WIDTH) },
      options: { clock, random: () => 0 },
    });
    await embed(KNOWN);
    embedByPrimary = down;
    // Whether such an answer is served is for the guard to decide; here nothing may be learned from it.
    for (const text of [NEW, KNOWN, 'And one more text.']) await embed(text).catch(() => {});
    standsIn = false;
    expect(await embed(NEW)).toEqual(mine(NEW));
  });
});

describe('a comparison that fails', () => {
  it('decides nothing: the call fails as any other, and the next one compares', async () => {
    await outage({ elizaNet: other, settings: { ELIZANET_EMBEDDING_ON_ERROR: 'throw' } });
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    const error = await failureOf(embed(NEW));
    expect(error.errors.at(-1)).toMatchObject({ code: 'UPSTREAM_STATUS', statusCode: 503 });
    guarded.elizaNet.fault = { kind: 'none' };
    expect((await failureOf(embed(NEW))).errors.at(-1)).toBeInstanceOf(EmbeddingSpaceMismatchError);
  });

  it('is not cancelled when the caller that came first leaves: the other calls need it', async () => {
    await outage({ elizaNet: mine, delayMs: 30 });
    const controller = new AbortController();
    const params = { text: NEW, abortSignal: controller.signal };
    const first = failureOf(guarded.runtime.useModel('TEXT_EMBEDDING', params as { text: string }));
    const second = embed('Another text.');
    while (asked().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(asked()).toEqual([[NEW, KNOWN, 'Another text.']]);
    controller.abort(new Error('the user went away'));
    expect((await first).message).toBe('the user went away');
    expect(await second).toEqual(mine('Another text.'));
  });
});

describe('the text that is remembered', () => {
  it('is in no log line and no error', async () => {
    await outage({ elizaNet: other });
    const error = await failureOf(embed(NEW));
    guarded.elizaNet.fault = { kind: 'status', status: 400 };
    await failureOf(embed('Another text.'));
    const shown = JSON.stringify([log, guarded.events.map(({ payload }) => ({ ...payload, runtime: undefined }))]);
    expect(shown + error.message + error.errors.map(String)).not.toContain('lighthouse');
  });
});
