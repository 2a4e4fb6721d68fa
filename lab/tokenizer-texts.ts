import fc from 'fast-check';
import { get_encoding, type Tiktoken } from 'tiktoken';
import type { EncodingName } from '../src/models/tokenizer/encoding-name.js';

/** The ids of OpenAI's tiktoken for a text, with special tokens encoded as plain text. */
export function tiktokenIds(encoding: EncodingName, text: string): number[] {
  references[encoding] ??= get_encoding(encoding);
  return Array.from(references[encoding].encode(text, [], []));
}
const references: Partial<Record<EncodingName, Tiktoken>> = {};

/**
 * Scripts and symbols of every character class in the split patterns. Leaves out characters that are missing in the
 * Unicode tables of some JavaScript engine or of tiktoken: they disagree on whether these are letters.
 */
const RANGES: readonly (readonly [number, number])[] = [
  [0x0000, 0x024f],
  [0x02b0, 0x02ff],
  [0x0300, 0x036f],
  [0x0370, 0x052f],
  [0x05d0, 0x05ea],
  [0x0620, 0x06ff],
  [0x0900, 0x0963],
  [0x0966, 0x097f],
  [0x0e01, 0x0e5b],
  [0x1100, 0x11ff],
  [0x1e00, 0x1fff],
  [0x2000, 0x20bf],
  [0x2100, 0x2bff],
  [0x3000, 0x30ff],
  [0x4e00, 0x9fef],
  [0xac00, 0xd7a3],
  [0xe000, 0xe0ff],
  [0xfe00, 0xffff],
  [0x1_0400, 0x1_044f],
  [0x1_d400, 0x1_d7ff],
  [0x1_f300, 0x1_faff],
  [0x2_0000, 0x2_a6d6],
  [0xe_0100, 0xe_01ef],
];

const list = (...texts: string[]) => fc.constantFrom(...texts);
const character = fc
  .oneof(...RANGES.map(([min, max]) => fc.integer({ min, max })))
  .map((codePoint) => String.fromCodePoint(codePoint));
const cjk = fc
  .oneof(fc.integer({ min: 0x4e00, max: 0x9fa5 }), fc.integer({ min: 0x3041, max: 0x30fe }))
  .map((codePoint) => String.fromCodePoint(codePoint));
const blank = list(
  ' ',
  ' ',
  ' ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\v',
  '\u0085',
  '\u00a0',
  '\u200b',
  '\u2028',
  '\u3000',
  '\ufeff',
);
const letter = list('a', 'b', 'E', 'X', 'é', 'ß', 'ſ', 'ǅ', 'ʰ', 'ª', 'я', 'Ж', 'ا', 'अ', '中', '\u0301', '\u0bbe');

const fragment = fc.oneof(
  fc.string({ unit: 'grapheme-ascii' }),
  fc.array(character, { maxLength: 8 }).map((characters) => characters.join('')),
  fc.array(cjk, { maxLength: 30 }).map((characters) => characters.join('')),
  fc.array(letter, { maxLength: 8 }).map((letters) => letters.join('')),
  fc.array(blank, { maxLength: 12 }).map((blanks) => blanks.join('')),
  fc.tuple(blank, fc.nat(60)).map(([one, count]) => one.repeat(count)),
  fc.tuple(fc.oneof(letter, character), fc.nat(200)).map(([one, count]) => one.repeat(count)),
  list('😀', '👩‍👩‍👧‍👦', '🏳️‍🌈', '👍🏽', '🇺🇦', '1️⃣', '❤️', '☃'),
  list('<|endoftext|>', '<|endofprompt|>', '<|fim_prefix|>', '<|im_start|>', '<|', '|>'),
  list("'s", "'S", "'ſ", "'t", "'re", "'VE", "'m", "'lL", "'d", '’s', "it's", "I'LL", "'", "'x"),
  list(
    'हिन्दी में लिखा है',
    'தமிழ் எழுத்து',
    'ภาษาไทยง่าย',
    'العَرَبِيَّة',
    'עִבְרִית',
    '한국어 문장',
    'ひらがなとカタカナ',
    'Việt Nam',
  ),
  list('0', '12', '2024', '1234567', '３', '٣٤٥٦', '½', 'Ⅷ', '²', '1.5e-9', '0x7f'),
  list('\ud800', '\udc00', '\udfff\ud800', '\ud83d'),
  list(
    'function f(x) {\n',
    '    return x;\n',
    '}\n\n',
    '=> ',
    '/* … */',
    '// ',
    '#include <a.h>\n',
    'a/b/c',
    '!==',
    '\\n',
    '"\'`',
  ),
  list(
    'The quick brown fox',
    ' jumps',
    'camelCaseName',
    'HTTPServer',
    ' SHOUTING',
    'naïve',
    ' Straße',
    '中文ABC',
    'ABCdef',
  ),
);

/** Mixed texts of all kinds on which tokenizers are known to differ. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fragment, { maxLength: 12 })
  .map((fragments) => fragments.join(''));

/** Units whose repetition is slow for a tokenizer that backtracks, or scans all pairs for each merge. */
export const HARD_RUNS: Record<string, string> = {
  'a letter': 'a',
  capitals: 'A',
  'both cases': 'aA',
  'a letter without case': '中',
  'a letter and a mark': 'e\u0301',
  marks: '\u0301',
  'marks and capitals': '\u0301A',
  digits: '7',
  'a symbol': '=',
  'two symbols': '=-',
  blanks: ' ',
  tabs: '\t',
  'line breaks': '\n',
  'line breaks of two characters': '\r\n',
  'blanks and line breaks': ' \n',
  'wide blanks': '\u3000',
  slashes: '/',
  apostrophes: "'",
  quotes: '"',
  contractions: "'s",
  emoji: '😀',
  'lone surrogates': '\ud800',
  'byte order marks': '\ufeff',
  'special tokens': '<|endoftext|>',
};
