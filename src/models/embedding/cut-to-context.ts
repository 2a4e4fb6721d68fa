import type { ModelContext } from '../context.js';
import { decodeText, encodeText } from '../tokenizer/encoders.js';
import { encodingOf } from '../tokenizer/encoding-name.js';

/** Context of OpenAI's embedding models. What others take is not known, so nothing is cut for them. */
const MAX_TOKENS = 8_191;
/** No UTF-16 unit is longer in UTF-8, and no token is shorter than a byte. */
const MAX_BYTES_PER_UNIT = 3;
/** The last word is cut, too, and its rest may take a few tokens more than it did. */
const SPARE_TOKENS = 8;

/** False for a text that is short enough whatever it says: then nobody has to count. */
export function mayExceedContext(text: string): boolean {
  return text.length * MAX_BYTES_PER_UNIT > MAX_TOKENS && Buffer.byteLength(text) > MAX_TOKENS;
}

/**
 * Cuts a text to what OpenAI's embedding models take, with a warning; a vector of its beginning is worth more than none.
 * @returns the text itself when it fits, or when the model is another one.
 */
export async function cutToContext({ log }: Pick<ModelContext, 'log'>, model: string, text: string): Promise<string> {
  const encoding = encodingOf(model);
  if (!encoding) return text;
  const ids = await encodeText(encoding, text);
  if (ids.length <= MAX_TOKENS) return text;
  const head = await decodeText(encoding, ids.slice(0, MAX_TOKENS - SPARE_TOKENS));
  // Half a character at the end reads as U+FFFD.
  const cut = text.slice(0, head.replace(/\uFFFD+$/, '').length);
  log.warn(`TEXT_EMBEDDING is made of the beginning of a text that is longer than ${MAX_TOKENS} tokens`, {
    tokens: ids.length,
    characters: text.length,
    keptCharacters: cut.length,
    model,
  });
  return cut;
}
