import { isRecord } from './is-record.js';

/** Looks at one result; returns what it is in place of an answer, in words for an error message. */
type ResultCheck = (result: unknown) => string | undefined;

const APOLOGY = 'Error generating text. Please try again later.';

const isApology: ResultCheck = (result) => (result === APOLOGY ? 'an apology' : undefined);
const isEmptyText: ResultCheck = (result) => (result === '' ? 'an empty text' : undefined);
const isUnseenImage: ResultCheck = (result) =>
  isRecord(result) && result.title === 'Failed to analyze image' ? 'an apology' : undefined;
const isBareObject: ResultCheck = (result) => (isEmptyObject(result) ? 'an empty object' : undefined);

/**
 * What published providers return when they failed, by provider name and model type.
 * Measured on plugin-groq 1.0.4, plugin-ollama 1.2.4, plugin-openai 1.6.0,
 * plugin-openrouter 1.5.17, plugin-elizacloud 1.7.3 and plugin-google-genai 1.1.0.
 */
const DISGUISES: Readonly<Record<string, Readonly<Record<string, ResultCheck>>>> = {
  groq: {
    TEXT_SMALL: isApology,
    TEXT_LARGE: isApology,
    OBJECT_SMALL: isBareObject,
    OBJECT_LARGE: isBareObject,
    TRANSCRIPTION: (result) =>
      result === 'Error transcribing audio. Please try again later.' ? 'an apology' : undefined,
  },
  ollama: {
    TEXT_SMALL: isApology,
    TEXT_LARGE: isApology,
    OBJECT_SMALL: isBareObject,
    OBJECT_LARGE: isBareObject,
  },
  openai: { IMAGE_DESCRIPTION: isUnseenImage },
  openrouter: { IMAGE_DESCRIPTION: isUnseenImage },
  elizaOSCloud: { IMAGE_DESCRIPTION: isUnseenImage },
  // It turns a reply without any candidate into an empty answer.
  'google-genai': { TEXT_SMALL: isEmptyText, TEXT_LARGE: isEmptyText, IMAGE_DESCRIPTION: isUnseenImage },
};

/** What is no answer whoever returns it. Silence has an empty transcript, and a model may have nothing to say: both are. */
const GENERAL_CHECKS: Readonly<Record<string, (result: unknown, params: unknown) => string | undefined>> = {
  TEXT_EMBEDDING: (result, params) => (hasText(params) && isMadeUpVector(result) ? 'a made-up vector' : undefined),
  IMAGE: (result) => (hasImage(result) ? undefined : 'a list without an image'),
  IMAGE_DESCRIPTION: (result) => (hasDescription(result) ? undefined : 'an empty description'),
  TEXT_TO_SPEECH: (result) => (hasAudio(result) ? undefined : 'no audio'),
  TEXT_TOKENIZER_ENCODE: (result, params) => (isLost(params, 'prompt', result) ? 'no tokens' : undefined),
  TEXT_TOKENIZER_DECODE: (result, params) => (isLost(params, 'tokens', result) ? 'no text' : undefined),
  OBJECT_SMALL: missingKeys,
  OBJECT_LARGE: missingKeys,
};

/**
 * Recognises a failure that was returned as if it were an answer: the sentences and objects of the table above, then
 * general rules that hold for every provider: nothing at all, a made-up vector for non-empty input, a list without an
 * image, an image description without a word, no audio, no tokens for a text or no text for tokens, an
 * object without the keys that the schema requires.
 * @returns what it is in place of an answer, or undefined when it is one.
 */
export function findDisguise(
  provider: string,
  modelType: string,
  params: unknown,
  result: unknown,
): string | undefined {
  if (result === undefined || result === null) return 'nothing';
  return DISGUISES[provider]?.[modelType]?.(result) ?? GENERAL_CHECKS[modelType]?.(result, params);
}

/** Zero everywhere, or everywhere but in the first component: no model embeds a text there. */
export function isMadeUpVector(result: unknown): boolean {
  if (!Array.isArray(result) || result.length === 0) return true;
  for (let i = 1; i < result.length; i++) if (result[i] !== 0) return false;
  return true;
}

/** plugin-groq answers a failed call with `[{ url: '' }]`. */
function hasImage(result: unknown): boolean {
  return Array.isArray(result) ? result.some((image) => isRecord(image) && (image.url || image.b64_json)) : !!result;
}

/** Published providers fill in "Image Analysis" where a model gave no title. */
function hasDescription(result: unknown): boolean {
  if (typeof result === 'string') return result.trim() !== '';
  return Object.values(result ?? {}).some((value) => value && !/^\s*(?:Image Analysis)?$/.test(String(value)));
}

/** Providers return bytes or a stream of them; of a stream nothing is known yet. */
function hasAudio(result: unknown): boolean {
  return isRecord(result) ? result.byteLength !== 0 : !!result;
}

/** plugin-groq 1.0.4, whose tokenizer knows none of its own models, answers every call with `[]` or `''`. */
function isLost(params: unknown, input: 'prompt' | 'tokens', result: unknown): boolean {
  return isRecord(params) && hasLength(params[input]) && !hasLength(result);
}

function hasLength(value: unknown): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length > 0;
}

/** Null and blank input has no embedding; providers answer it with a marked vector on purpose. */
function hasText(params: unknown): boolean {
  const text = isRecord(params) ? params.text : params;
  return typeof text === 'string' && text.trim() !== '';
}

/** For a single object; the schema of a call with `output: 'array'` or `'enum'` is not that of its result. */
function missingKeys(result: unknown, params: unknown): string | undefined {
  if (!isRecord(params) || params.output === 'array' || params.output === 'enum') return undefined;
  const schema = isRecord(params.schema) ? params.schema : undefined;
  const required = Array.isArray(schema?.required) ? schema.required : [];
  if (required.length === 0 || Array.isArray(result)) return undefined;
  if (!isRecord(result)) return 'something other than an object';
  const missing = required.filter((key) => typeof key === 'string' && !Object.hasOwn(result, key));
  return missing.length > 0 ? `an object without ${missing.length} of its required keys` : undefined;
}

function isEmptyObject(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}
