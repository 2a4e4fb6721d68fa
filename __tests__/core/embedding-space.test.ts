import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosine, embeddingModel, inHalfPrecision } from '../../lab/embedding-spaces.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { EmbeddingSpace, SAME_SPACE_COSINE } from '../../src/core/embedding-space.js';
import { fallbackVector } from '../../src/core/fallback-vectors.js';

const TEXT = 'The lighthouse keeper writes a letter every evening.';
const mine = embeddingModel(1);
const other = embeddingModel(2);
const TEN_MINUTES = 600_000;

/** A space that has learnt from one answer, and a model of another provider that counts how often it is asked. */
function learnt(theirs: (text: string) => number[] = mine) {
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
          expect(await space.compare('elizanet-fallback', async (same) => embeddingModel(seed)(same))).toBeLessThan(
            SAME_SPACE_COSINE,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('that round their numbers differently are one space', async () => {
    const { space, embed } = learnt(inHalfPrecision(mine));
    expect(inHalfPrecision(mine)(TEXT)).not.toEqual(mine(TEXT));
    expect(await space.compare('elizanet-fallback', embed)).toBeGreaterThan(0.9999);
  });

  it('that scale their vectors differently are one space', async () => {
    const { space, embed } = learnt((text) => mine(text).map((value) => value * 7));
    expect(await space.compare('elizanet-fallback', embed)).toBeGreaterThan(0.9999);
  });

  it('stay two spaces where one gives a vector without a direction, or of another width', async () => {
    expect(await learnt(() => []).space.compare('elizanet-fallback', async () => new Array(256).fill(0))).toBe(0);
    expect(await learnt().space.compare('elizanet-fallback', async () => [1, 2, 3])).toBe(0);
  });

  it('in the tests are real enough: like texts have like vectors', () => {
    const [a, b, c] = ['The cat sat on the mat', 'A cat sat on the mat', 'Quarterly revenue grew by nine percent'];
    expect(cosine(mine(a as string), mine(b as string))).toBeGreaterThan(
      cosine(mine(a as string), mine(c as string)) + 0.3,
    );
  });
});

describe('what is learnt of the primary', () => {
  const learn = (text: unknown, vector: unknown) => {
    const space = new EmbeddingSpace(fakeClock());
    space.learn('openai', text, vector);
    return space;
  };
  const isPair = async (space: EmbeddingSpace) =>
    (await space.compare('elizanet-fallback', async (text) => mine(text))) !== undefined;

  it('is a text with its vector, and the width', async () => {
    const space = learn(TEXT, mine(TEXT));
    expect(space.width).toBe(256);
    expect(await isPair(space)).toBe(true);
  });

  it.each([
    ['a blank text', ' \n', mine('x')],
    ['no text', null, mine('x')],
    ['a text of more than 4,000 characters', 'x'.repeat(4_001), mine('x')],
    ['a marked vector', TEXT, fallbackVector('API_ERROR', 256)],
    ['a vector with something else in it', TEXT, [...mine(TEXT).slice(1), null]],
    ['a vector with a number that is none', TEXT, [...mine(TEXT).slice(1), Number.NaN]],
    ['a vector of seven numbers', TEXT, [1, 2, 3, 4, 5, 6, 7]],
  ])('is no more than the width from %s', async (_, text, vector) => {
    const space = learn(text, vector);
    expect(space.width).toBe((vector as unknown[]).length);
    expect(await isPair(space)).toBe(false);
  });

  it.each([[undefined], [''], [{}], [[]]])('is nothing from the vector %j', async (vector) => {
    expect(learn(TEXT, vector).width).toBeUndefined();
  });

  it('is not spoilt by what the caller does with its vector', async () => {
    const space = new EmbeddingSpace(fakeClock());
    const vector = mine(TEXT);
    space.learn('openai', TEXT, vector);
    vector.fill(0);
    expect(await space.compare('elizanet-fallback', async (text) => mine(text))).toBeGreaterThan(SAME_SPACE_COSINE);
  });

  it('is the last provider that answered, when there are several', async () => {
    const { space, embed } = learnt(mine);
    space.learn('ollama', TEXT, other(TEXT));
    expect(await space.compare('elizanet-fallback', embed)).toBeLessThan(SAME_SPACE_COSINE);
  });

  it('is forgotten when the width changes, even by a text that is no pair', async () => {
    const { space, asked, embed } = learnt();
    space.learn('openai', ' ', new Array(64).fill(0.5));
    expect(await space.compare('elizanet-fallback', embed)).toBeUndefined();
    expect([space.width, asked]).toEqual([64, []]);
  });

  it('keeps a text until it is ten minutes old, and a short one until a longer one comes', async () => {
    const clock = fakeClock();
    const space = new EmbeddingSpace(clock);
    const asked: string[] = [];
    const ask = () =>
      space.compare('elizanet-fallback', async (text) => {
        asked.push(text);
        return mine(text);
      });
    for (const text of ['ok', 'hi', TEXT, `${TEXT} And another one.`]) space.learn('openai', text, mine(text));
    await ask();
    clock.advance(TEN_MINUTES);
    space.learn('openai', 'And this is a much newer sentence.', mine('And this is a much newer sentence.'));
    await ask();
    expect(asked).toEqual([TEXT, 'And this is a much newer sentence.']);
  });
});

describe('the comparison', () => {
  it('is made once for callers that come together, and for those that come after', async () => {
    const { space, asked, embed } = learnt(other);
    const [a, b] = await Promise.all([
      space.compare('elizanet-fallback', embed),
      space.compare('elizanet-fallback', embed),
    ]);
    expect(await space.compare('elizanet-fallback', embed)).toBe(a);
    expect(b).toBe(a);
    expect(space.cosine('elizanet-fallback')).toBe(a);
    expect(asked).toEqual([TEXT]);
  });

  it('is made again after ten minutes: the model behind a name can change', async () => {
    const { clock, space, asked, embed } = learnt();
    await space.compare('elizanet-fallback', embed);
    clock.advance(TEN_MINUTES - 1);
    await space.compare('elizanet-fallback', embed);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    expect(space.cosine('elizanet-fallback')).toBeUndefined();
    await space.compare('elizanet-fallback', embed);
    expect(asked).toHaveLength(2);
  });

  it('is made again when another provider has answered since', async () => {
    const { space, asked, embed } = learnt();
    await space.compare('elizanet-fallback', embed);
    space.learn('ollama', TEXT, other(TEXT));
    expect(await space.compare('elizanet-fallback', embed)).toBeLessThan(SAME_SPACE_COSINE);
    expect(asked).toHaveLength(2);
  });

  it('decides nothing when it fails: the next caller tries again', async () => {
    const { space, embed } = learnt();
    const down = new Error('down');
    expect(await space.compare('elizanet-fallback', () => Promise.reject(down)).catch((error) => error)).toBe(down);
    expect(space.cosine('elizanet-fallback')).toBeUndefined();
    expect(await space.compare('elizanet-fallback', embed)).toBeGreaterThan(SAME_SPACE_COSINE);
  });

  it('is not made while no pair is known', async () => {
    const { asked, embed } = learnt();
    expect(await new EmbeddingSpace(fakeClock()).compare('elizanet-fallback', embed)).toBeUndefined();
    expect(asked).toEqual([]);
  });
});
