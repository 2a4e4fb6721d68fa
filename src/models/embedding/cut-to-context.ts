import type { ModelContext } from '../context.js';
import { decodeText, encodeText } from '../tokenizer/encoders.js';
import { encodingOf } from '../tokenizer/encoding-name.js';

/** Context of OpenAI's embedding models. That of other models is not known, so their texts are not cut. */
const MAX_TOKENS = 8_191;
/** A UTF-16 unit is at most three bytes of UTF-8, and a token at least one. */
const MAX_BYTES_PER_UNIT = 3;
/** The last word may be cut in the middle, and its beginning may take a few tokens more than the whole word. */
const SPARE_TOKENS = 8;

/** False for a text that is short enough whatever its content, so that its tokens need not be counted. */
export function mayExceedContext(text: string): boolean {
  return text.length * MAX_BYTES_PER_UNIT > MAX_TOKENS && Buffer.byteLength(text) > MAX_TOKENS;
}

/**
 * Cuts a text to the context of OpenAI's embedding models and logs a warning: a vector of the beginning is more useful
 * than an error.
 * @returns the text itself when it fits, or when the context of the model is not known.
 */
export async function cutToContext({ log }: Pick<ModelContext, 'log'>, model: string, text: string): Promise<string> {
  const encoding = encodingOf(model);
  if (!encoding) return text;
  const ids = await encodeText(encoding, text);
  if (ids.length <= MAX_TOKENS) return text;
  const head = await decodeText(encoding, ids.slice(0, MAX_TOKENS - SPARE_TOKENS));
  // Half a character at the end is decoded as one U+FFFD. More of them are the text's own.
  const cut = text.slice(0, head.endsWith('\uFFFD') ? head.length - 1 : head.length);
  log.write('text_cut', {
    maxTokens: MAX_TOKENS,
    tokens: ids.length,
    characters: text.length,
    keptCharacters: cut.length,
    model,
  });
  return cut;
}
