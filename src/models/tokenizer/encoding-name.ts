/** An encoding that text can be turned into. */
export type EncodingName = 'o200k_base' | 'cl100k_base';

/** Encoding of models that are not known to have another one: that of OpenAI's current generation. */
export const DEFAULT_ENCODING: EncodingName = 'o200k_base';

/** By the start of a model's name, so that dated and derived names count too. */
const NAMES: readonly (readonly [RegExp, EncodingName])[] = [
  [/^(?:chatgpt-4o|gpt-4o|gpt-4\.\d|gpt-[5-9]|gpt-oss|o[1-9])(?![a-z0-9])/, 'o200k_base'],
  [
    /^(?:gpt-4|gpt-3\.5|gpt-35|text-embedding-3|text-embedding-ada|davinci-002|babbage-002)(?![a-z0-9.])/,
    'cl100k_base',
  ],
];

/**
 * The encoding of one of OpenAI's models. Its name may stand behind that of a provider (`openai/gpt-4o`) or of a
 * fine-tuning (`ft:gpt-4o:…`).
 * @returns undefined for other models.
 */
export function encodingOf(model: string): EncodingName | undefined {
  const name = model
    .toLowerCase()
    .slice(model.lastIndexOf('/') + 1)
    .replace(/^ft:/, '');
  return NAMES.find(([start]) => start.test(name))?.[1];
}
