import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded } from '../../../lab/guarded.js';
import { type LogLine, logLines } from '../../../lab/log-lines.js';
import { encodeText } from '../../../src/models/tokenizer/encoders.js';

const LIMIT = 8_191;

let guarded: Guarded;
let log: LogLine[];
/** Another tokenizer than the one under test. */
let tokenizer: Tiktoken;

beforeAll(() => {
  tokenizer = new Tiktoken(cl100k);
});
afterEach(() => guarded.stop());

async function start(model?: string): Promise<void> {
  guarded = await createGuarded({
    plugins: [],
    settings: model === undefined ? {} : { ELIZANET_EMBEDDING_MODEL: model },
  });
  log = logLines(guarded.runtime);
}

/** What of a text was sent. */
async function sentOf(text: string): Promise<string> {
  await guarded.runtime.useModel('TEXT_EMBEDDING', { text });
  return guarded.elizaNet.calls.at(-1)?.body.input as string;
}
const count = (text: string) => tokenizer.encode(text, [], []).length;
/** Half a character cannot be sent: U+FFFD takes its place. */
const asSent = (text: string) => Buffer.from(text).toString();
const warnings = () => log.filter(({ level }) => level === 'warn');

describe("a text for OpenAI's embedding models", () => {
  it.each([
    ['prose', 'The lighthouse keeper writes a letter every evening. '.repeat(2_000)],
    ['Chinese', '灯塔看守人每天晚上写一封信。'.repeat(2_000)],
    ['emoji', '👩‍👩‍👧🏽 '.repeat(3_000)],
    ['emoji, one of them at the cut,', '🦄 '.repeat(9_000)],
    ['special tokens, as plain text,', '<|endoftext|>'.repeat(3_000)],
    ['lone halves of characters', '\ud83d x'.repeat(6_000)],
  ])('is cut, when it is %s of more than 8,191 tokens, to a beginning that fits, with a warning', async (_, text) => {
    await start();
    const sent = await sentOf(text);
    expect(count(text)).toBeGreaterThan(LIMIT);
    expect(asSent(text).startsWith(asSent(sent))).toBe(true);
    expect(count(sent)).toBeLessThanOrEqual(LIMIT);
    expect(count(sent)).toBeGreaterThan(LIMIT - 30);
    expect(warnings()).toMatchObject([{ fields: { tokens: count(text), keptCharacters: sent.length } }]);
    expect(JSON.stringify(warnings())).not.toContain(text.slice(0, 10));
  });

  it('fits after the cut, wherever it falls', async () => {
    await start();
    const word = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constant('aaaa'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 5, maxLength: 30 }), fc.nat(50), async (words, shift) => {
        const text = 'x'.repeat(shift) + words.join(' ').repeat(Math.ceil(30_000 / words.join(' ').length));
        expect(count(await sentOf(text))).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 20 },
    );
  });

  it('may consist of U+FFFD, which half a character at the cut is decoded as', async () => {
    await start();
    const text = '\ufffd'.repeat(50_000);
    const sent = await sentOf(text);
    expect(text.startsWith(sent)).toBe(true);
    // The other tokenizer takes minutes for such a run.
    const { length } = await encodeText('cl100k_base', sent);
    expect(length).toBeLessThanOrEqual(LIMIT);
    expect(length).toBeGreaterThan(LIMIT - 30);
  });

  it('is sent as it is when it fits, though it is long', async () => {
    await start();
    const text = 'lighthouse '.repeat(4_000);
    expect(count(text)).toBeLessThanOrEqual(LIMIT);
    expect(await sentOf(text)).toBe(text);
    expect(warnings()).toEqual([]);
  });

  it('is cut under the name of a provider, too', async () => {
    await start('openai/text-embedding-3-large');
    expect((await sentOf('word '.repeat(20_000))).length).toBeLessThan(50_000);
  });
});

describe('a text for a model whose context is not known', () => {
  it('is sent as it is', async () => {
    await start('nomic-embed-text');
    const text = 'word '.repeat(20_000);
    expect(await sentOf(text)).toBe(text);
  });
});
