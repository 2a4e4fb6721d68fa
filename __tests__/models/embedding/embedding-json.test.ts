import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { body } from '../../../lab/chat-replies.js';
import { damaged, outcomeOf } from '../../../lab/damaged-json.js';
import { vectorOf } from '../../../lab/embedding-replies.js';
import { createGuarded, type Guarded } from '../../../lab/guarded.js';

const WIDTH = 8;
const SETTINGS = {
  ELIZANET_EMBEDDING_DIMENSIONS: String(WIDTH),
  ELIZANET_EMBEDDING_ON_ERROR: 'throw',
  // An open breaker would hide what the answers do.
  ELIZANET_FAILURE_THRESHOLD: '1000',
};
const USAGE = { prompt_tokens: 7, total_tokens: 7 };
const asBase64 = (text: string) => Buffer.from(Float32Array.from(vectorOf(text, WIDTH)).buffer).toString('base64');
const list = (entries: object[]) => ({ object: 'list', model: 'text-embedding-3-small', data: entries, usage: USAGE });

let guarded: Guarded;

beforeAll(async () => {
  guarded = await createGuarded({ plugins: [], settings: SETTINGS });
});

afterAll(async () => {
  await guarded.stop();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

it.each([
  ['numbers', vectorOf('one', WIDTH), vectorOf('two', WIDTH)],
  ['base64', asBase64('one'), asBase64('two')],
])(
  'damaged JSON of vectors as %s gives each caller a vector of the right width or a typed error',
  async (_, ...both) => {
    const answer = list(both.map((embedding, index) => ({ object: 'embedding', index, embedding })));
    let vectors = 0;
    await fc.assert(
      fc.asyncProperty(damaged(answer), async (text) => {
        guarded.elizaNet.fault = body(text);
        const calls = ['one', 'two'].map((text) => guarded.runtime.useModel('TEXT_EMBEDDING', { text }));
        for (const outcome of await Promise.all(calls.map(outcomeOf))) {
          if (!outcome) continue;
          vectors++;
          const vector = outcome.value as number[];
          expect(Array.isArray(vector)).toBe(true);
          expect(vector).toHaveLength(WIDTH);
          expect(vector.every(Number.isFinite)).toBe(true);
          expect(vector.slice(1).some((value) => value !== 0)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(vectors).toBeGreaterThan(10);
  },
);
