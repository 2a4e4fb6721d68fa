import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosine, embeddingModel, inHalfPrecision } from '../../lab/embedding-spaces.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { EmbeddingSpace, SAME_SPACE_COSINE } from '../../src/core/embedding-space.js';
import { fallbackVector } from '../../src/core/fallback-vectors.js';

const TEXT = 'The lighthouse keeper writes a letter every evening.';
const mine = embeddingModel(1);
const other = embeddingModel(2);
const NEWER = 'And this is a much newer sentence.';
const TEN_MINUTES = 600_000;
const ELIZANET = 'elizanet';

/** A space that has learned from one answer, and a model of another provider that counts how often it is asked. */
function learned(theirs: (text: string) => number[] = mine) {
  const clock = fakeClock();
  const space = new EmbeddingSpace(clock);
  space.learn('openai', TEXT, mine(TEXT));
  const asked: string[] = [];
  const embed = async (text: string) => {
    asked.push(text);
    return theirs(text);
  };
  return { clock, space, asked, embed };
}

describe('two embedding models', () => {
  it('of equal width are two spaces, of any text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 2, max: 1_000 }),
        async (text, seed) => {
          fc.pre(text.trim() !== '');
          const space = new EmbeddingSpace(fakeClock());
          space.learn('openai', text, mine(text));
          expect(await space.compare(ELIZANET, async (same) => embeddingModel(seed)(same))).toBeLessThan(
            SAME_SPACE_COSINE,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('that round their numbers differently are one space', async () => {
    const { space, embed } = learned(inHalfPrecision(mine));
    expect(inHalfPrecision(mine)(TEXT)).not.toEqual(mine(TEXT));
    expect(await space.compare(ELIZANET, embed)).toBeGreaterThan(0.9999);
  });

  it('that scale their vectors differently are one space', async () => {
    const { space, embed } = learned((text) => mine(text).map((value) => value * 7));
    expect(await space.compare(ELIZANET, embed)).toBeGreaterThan(0.9999);
  });

  it('stay two spaces where one gives a vector without a direction, or of another width', async () => {
    expect(await learned(() => []).space.compare(ELIZANET, async () => new Array(256).fill(0))).toBe(0);
    expect(await learned().space.compare(ELIZANET, async () => [1, 2, 3])).toBe(0);
  });

  it('in the tests are real enough: like texts have like vectors', () => {
    const [a, b, c] = ['The cat sat on the mat', 'A cat sat on the mat', 'Quarterly revenue grew by nine percent'];
    expect(cosine(mine(a as string), mine(b as string))).toBeGreaterThan(
      cosine(mine(a as string), mine(c as string)) + 0.3,
    );
  });
});

describe('learned from the owner', () => {
  const learn = (text: unknown, vector: unknown) => {
    const space = new EmbeddingSpace(fakeClock());
    space.learn('openai', text, vector);
    return space;
  };
  const hasReference = async (space: EmbeddingSpace) =>
    (await space.compare(ELIZANET, async (text) => mine(text))) !== undefined;

  it.each([
    ['a list', (vector: number[]) => vector],
    ['a Float32Array', (vector: number[]) => Float32Array.from(vector)],
    ['a Float64Array', (vector: number[]) => Float64Array.from(vector)],
  ])('is a text with its vector, and the width, from %s', async (_, form) => {
    const space = learn(TEXT, form(mine(TEXT)));
    expect([space.owner, space.width]).toEqual(['openai', 256]);
    expect(await space.compare(ELIZANET, async (text) => form(mine(text)))).toBeGreaterThan(0.9999);
  });

  it('is no more than the width from a text of more than 4,000 characters', async () => {
    const space = learn('x'.repeat(4_001), mine('x'));
    expect([space.owner, space.width, await hasReference(space)]).toEqual(['openai', 256, false]);
  });

  it.each([
    ['a marked vector', fallbackVector('API_ERROR', 256)],
    ['a vector with something else in it', [...mine(TEXT).slice(1), null]],
    ['a vector with NaN', [...mine(TEXT).slice(1), Number.NaN]],
    ['a vector of nulls', new Array(256).fill(null)],
    ['a list in a list', [mine(TEXT)]],
    ['a vector of seven numbers', [1, 2, 3, 4, 5, 6, 7]],
    ['an empty typed array', new Float32Array(0)],
    ['no vector', undefined],
    ['a text', 'vector'],
    ['an object', {}],
    ['an empty list', []],
  ])('is nothing from %s', async (_, vector) => {
    const space = learn(TEXT, vector);
    expect([space.owner, space.width, await hasReference(space)]).toEqual([undefined, undefined, false]);
  });

  it.each([[' \n'], [''], [null], [undefined], ['\u00a0']])(
    'is the width alone from an answer to the text %j, until a real text has been embedded',
    async (text) => {
      for (const answer of [mine('test'), fallbackVector('NULL_INPUT', 256)]) {
        const space = learn(text, answer);
        expect([space.owner, space.width, await hasReference(space)]).toEqual([undefined, 256, false]);
        space.learn('openai', TEXT, mine(TEXT).slice(0, 64));
        expect(space.width).toBe(64);
        space.learn('openai', text, answer);
        expect(space.width).toBe(64);
      }
    },
  );

  it('is nothing more from a marked vector for a blank text, which can have another width than real ones', async () => {
    const { space, embed } = learned();
    for (const text of [null, '', ' ']) space.learn('openai', text, fallbackVector('EMPTY_TEXT', 768));
    expect(space.width).toBe(256);
    expect(await space.compare(ELIZANET, embed)).toBeGreaterThan(0.9999);
  });

  it('is not spoilt by what the caller does with its vector', async () => {
    const space = new EmbeddingSpace(fakeClock());
    const vector = mine(TEXT);
    space.learn('openai', TEXT, vector);
    vector.fill(0);
    expect(await space.compare(ELIZANET, async (text) => mine(text))).toBeGreaterThan(SAME_SPACE_COSINE);
  });

  it('is nothing from any other provider, whatever it answers', async () => {
    const { space, embed } = learned(mine);
    for (const text of [TEXT, `${TEXT} Again.`]) {
      space.learn('ollama', text, other(text));
      space.learn('groq', text, other(text).slice(0, 64));
    }
    expect([space.owner, space.width]).toEqual(['openai', 256]);
    expect(await space.compare(ELIZANET, embed)).toBeGreaterThan(0.9999);
  });

  it('is not another width that one vector had, nor one that the same text had twice', async () => {
    const { space, embed } = learned();
    space.learn('openai', 'A stray one.', [1, 2, 3]);
    space.learn('openai', 'A stray one.', new Array(64).fill(0.5));
    space.learn('openai', 'A stray one.', new Array(64).fill(0.5));
    expect(space.width).toBe(256);
    expect(await space.compare(ELIZANET, embed)).toBeGreaterThan(0.9999);
  });

  it('is not another width that came twice with the known one between', () => {
    const { space } = learned();
    space.learn('openai', 'A stray one.', new Array(64).fill(0.5));
    space.learn('openai', TEXT, mine(TEXT));
    space.learn('openai', 'Another stray one.', new Array(64).fill(0.5));
    expect(space.width).toBe(256);
  });

  it('is another width, and another reference, once two texts in a row had it', async () => {
    const { space, asked } = learned();
    const narrow = embeddingModel(1, 64);
    const texts = ['The model has been changed.', 'It embeds in 64 dimensions now.'] as const;
    for (const text of texts) space.learn('openai', text, narrow(text));
    expect(space.width).toBe(64);
    const compared = await space.compare(ELIZANET, async (text) => {
      asked.push(text);
      return narrow(text);
    });
    expect([compared, asked]).toEqual([expect.closeTo(1), [texts[1]]]);
  });

  it('never has a reference of another width than its own, whatever answers come in whatever order', async () => {
    const answer = fc.record({
      provider: fc.constantFrom('openai', 'ollama'),
      text: fc.constantFrom('one', 'two', TEXT, ' ', null),
      vector: fc.oneof(
        fc.constantFrom(8, 16, 256).map((width) => new Array(width).fill(0.5)),
        fc.constantFrom(8, 256).map((width) => fallbackVector('EMPTY_TEXT', width)),
        fc.constantFrom(null, [], [1, 2, 3], new Array(16).fill(null)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 30 }), async (answers) => {
        const space = new EmbeddingSpace(fakeClock());
        for (const { provider, text, vector } of answers) space.learn(provider, text, vector);
        const same = await space.compare(ELIZANET, async () => new Array(space.width).fill(0.25));
        expect(same ?? 1).toBeCloseTo(1);
        expect([undefined, ...answers.map(({ provider }) => provider)]).toContain(space.owner);
      }),
    );
  });

  it('keeps a text until it is ten minutes old, and a short one until a longer one comes', async () => {
    const clock = fakeClock();
    const space = new EmbeddingSpace(clock);
    const asked: string[] = [];
    const ask = () =>
      space.compare(ELIZANET, async (text) => {
        asked.push(text);
        return mine(text);
      });
    for (const text of ['ok', 'hi', TEXT, `${TEXT} And another one.`]) space.learn('openai', text, mine(text));
    await ask();
    clock.advance(TEN_MINUTES);
    space.learn('openai', NEWER, mine(NEWER));
    await ask();
    expect(asked).toEqual([TEXT, NEWER]);
  });
});

describe('the comparison', () => {
  it('is made once for callers that come together, and for those that come after', async () => {
    const { space, asked, embed } = learned(other);
    const [a, b] = await Promise.all([space.compare(ELIZANET, embed), space.compare(ELIZANET, embed)]);
    expect(await space.compare(ELIZANET, embed)).toBe(a);
    expect(b).toBe(a);
    expect(space.cosine(ELIZANET)).toBe(a);
    expect(asked).toEqual([TEXT]);
  });

  it('is made again after ten minutes: the model behind a name can change', async () => {
    const { clock, space, asked, embed } = learned();
    await space.compare(ELIZANET, embed);
    clock.advance(TEN_MINUTES - 1);
    await space.compare(ELIZANET, embed);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    expect(space.cosine(ELIZANET)).toBeUndefined();
    await space.compare(ELIZANET, embed);
    expect(asked).toHaveLength(2);
  });

  it('is made for each provider by itself', async () => {
    const { space, asked, embed } = learned(other);
    const same = async (text: string) => {
      asked.push(text);
      return mine(text);
    };
    for (let i = 0; i < 2; i++) {
      expect(await space.compare(ELIZANET, embed)).toBeLessThan(SAME_SPACE_COSINE);
      expect(await space.compare('ollama', same)).toBeGreaterThan(SAME_SPACE_COSINE);
    }
    expect(asked).toEqual([TEXT, TEXT]);
    expect([space.cosine(ELIZANET), space.cosine('ollama')]).toEqual([expect.closeTo(0, 0), expect.closeTo(1)]);
    expect(space.cosine('__proto__')).toBeUndefined();
  });

  it('is made again when the reference has been replaced since', async () => {
    const { clock, space, asked, embed } = learned();
    clock.advance(TEN_MINUTES - 1);
    await space.compare(ELIZANET, embed);
    clock.advance(1);
    space.learn('openai', NEWER, mine(NEWER));
    expect(space.cosine(ELIZANET)).toBeUndefined();
    await space.compare(ELIZANET, embed);
    expect(asked).toEqual([TEXT, NEWER]);
  });

  it('says nothing of a provider that refuses the text, does not ask it again, and waits for another text', async () => {
    const { space, asked } = learned();
    const refuse = async (text: string) => {
      asked.push(text);
      return undefined;
    };
    for (let i = 0; i < 2; i++) expect(await space.compare(ELIZANET, refuse)).toBeUndefined();
    expect([asked, space.cosine(ELIZANET)]).toEqual([[TEXT], undefined]);
    expect(await space.compare('ollama', async (text) => mine(text))).toBeGreaterThan(0.9999);
    space.learn('openai', NEWER, mine(NEWER));
    expect(await space.compare(ELIZANET, async (text) => mine(text))).toBeGreaterThan(0.9999);
  });

  it('decides nothing by a placeholder vector: the next caller tries again', async () => {
    const { space, embed } = learned();
    expect(await space.compare(ELIZANET, async () => fallbackVector('API_ERROR', 256))).toBeLessThan(SAME_SPACE_COSINE);
    expect(space.cosine(ELIZANET)).toBeUndefined();
    expect(await space.compare(ELIZANET, embed)).toBeGreaterThan(0.9999);
  });

  it('decides nothing when it fails: the next caller tries again', async () => {
    const { space, embed } = learned();
    const down = new Error('down');
    expect(await space.compare(ELIZANET, () => Promise.reject(down)).catch((error) => error)).toBe(down);
    expect(space.cosine(ELIZANET)).toBeUndefined();
    expect(await space.compare(ELIZANET, embed)).toBeGreaterThan(SAME_SPACE_COSINE);
  });

  it('is not made while no pair is known', async () => {
    const { asked, embed } = learned();
    expect(await new EmbeddingSpace(fakeClock()).compare(ELIZANET, embed)).toBeUndefined();
    expect(asked).toEqual([]);
  });
});
