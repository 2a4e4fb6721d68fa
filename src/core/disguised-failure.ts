import { findVectorProblem } from './embedding-vector.js';
import { isObject } from './is-record.js';
import { endedInError, isNativeAnswer } from './native-answer.js';

/** Checks one result. @returns a description for an error message, such as `an apology`; undefined when it passes. */
type ResultCheck = (result: unknown, params: unknown) => string | undefined;

/** Types whose answer is a generated text, those of core 2.x included. */
const TEXT = /^(?:TEXT_(?!EMBEDDING|TOKENIZER|TO_SPEECH)|REASONING_|RESPONSE_HANDLER$|ACTION_PLANNER$)/;
const OBJECT = /^OBJECT_/;
const TRANSCRIPTION = /^TRANSCRIPTION$/;
const IMAGE_DESCRIPTION = /^IMAGE_DESCRIPTION$/;

const TEXT_APOLOGY = 'Error generating text. Please try again later.';
const AUDIO_APOLOGY = 'Error transcribing audio. Please try again later.';
const IMAGE_APOLOGY = 'Failed to analyze image';

const isTextApology: ResultCheck = (result) => (isSentence(textOf(result), TEXT_APOLOGY) ? 'an apology' : undefined);
const isAudioApology: ResultCheck = (result) => (isSentence(result, AUDIO_APOLOGY) ? 'an apology' : undefined);
const isImageApology: ResultCheck = (result) =>
  isObject(result) && (isSentence(result.title, IMAGE_APOLOGY) || isSentence(result.text, IMAGE_APOLOGY))
    ? 'an apology'
    : undefined;
const isEmptyText: ResultCheck = (result) =>
  typeof result === 'string' && isBlank(result) ? 'an empty text' : undefined;
const isEmptyObject: ResultCheck = (result) => {
  if (!isObject(result) || !isPlain(result)) return undefined;
  if (isNativeAnswer(result)) return isTextApology(result, undefined);
  const keys = Object.keys(result);
  if (keys.length === 0) return 'an empty object';
  return keys.length === 1 && isSentence(result[keys[0] as string], TEXT_APOLOGY) ? 'an apology' : undefined;
};

/** The object of a native call with a `responseSchema` is JSON text. */
const isEmptyJson: ResultCheck = (result, params) => {
  if (!isObject(params) || !params.responseSchema) return undefined;
  return ['{}', '{ }'].some((empty) => isSentence(textOf(result), empty)) ? 'an empty object' : undefined;
};

/**
 * Results that published providers return in place of an error.
 * Measured on plugin-groq 1.0.4, plugin-ollama 1.2.4, plugin-openai 1.6.0, plugin-openrouter 1.5.17,
 * plugin-elizacloud 1.7.3 and plugin-google-genai 1.1.0.
 */
const DISGUISES: readonly (readonly [provider: string, types: RegExp, check: ResultCheck])[] = [
  ['groq', TEXT, isTextApology],
  ['groq', TEXT, isEmptyJson],
  ['groq', OBJECT, isEmptyObject],
  ['groq', TRANSCRIPTION, isAudioApology],
  ['ollama', TEXT, isTextApology],
  ['ollama', TEXT, isEmptyJson],
  ['ollama', OBJECT, isEmptyObject],
  ['openai', IMAGE_DESCRIPTION, isImageApology],
  ['openrouter', IMAGE_DESCRIPTION, isImageApology],
  ['elizaOSCloud', IMAGE_DESCRIPTION, isImageApology],
  // It turns a reply without any candidate into an empty text.
  ['google-genai', TEXT, isEmptyText],
  ['google-genai', IMAGE_DESCRIPTION, isImageApology],
];

/** Results that are never valid, from any provider. Empty texts and empty transcripts are allowed: both can be genuine. */
const GENERAL_CHECKS: ReadonlyMap<string, ResultCheck> = new Map<string, ResultCheck>([
  ['TEXT_EMBEDDING', (result, params) => (hasText(params) ? findVectorProblem(result) : undefined)],
  ['IMAGE', (result) => (hasImage(result) ? undefined : 'a list without an image')],
  ['IMAGE_DESCRIPTION', (result) => (hasDescription(result) ? undefined : 'an empty description')],
  ['TEXT_TO_SPEECH', (result) => (hasAudio(result) ? undefined : 'no audio')],
  ['TEXT_TOKENIZER_ENCODE', (result, params) => (isLost(params, 'prompt', result) ? 'no tokens' : undefined)],
  ['TEXT_TOKENIZER_DECODE', (result, params) => (isLost(params, 'tokens', result) ? 'no text' : undefined)],
  ['OBJECT_SMALL', findMissingKeys],
  ['OBJECT_LARGE', findMissingKeys],
]);

/**
 * Recognises a failure that was returned as if it were an answer: first the results of the table above, then those that
 * no provider may return. These are: no value; for a text, a placeholder vector or one with something other than finite
 * numbers; a list without an image; an image description without a word; no audio; no tokens for a text; no text for
 * tokens; an object without the keys that its schema requires.
 *
 * Never throws, and reads neither long texts nor nested values to their end. A result that throws when it is read, such
 * as a revoked proxy, passes.
 * @returns a description of the result for an error message, such as `an apology`; undefined for an answer.
 */
export function findDisguise(
  provider: string,
  modelType: string,
  params: unknown,
  result: unknown,
): string | undefined {
  if (result === undefined || result === null) return 'nothing';
  try {
    for (const [name, types, check] of DISGUISES) {
      const disguise = name === provider && types.test(modelType) ? check(result, params) : undefined;
      if (disguise) return disguise;
    }
    if (endedInError(result) && TEXT.test(modelType)) return 'an answer that ended in an error';
    return GENERAL_CHECKS.get(modelType)?.(result, params);
  } catch {
    return undefined;
  }
}

/** Longer texts are not compared with a sentence. */
const MAX_SENTENCE_CHARS = 500;

/** The text of an answer, which is an object in a native call. */
function textOf(result: unknown): string | undefined {
  if (isNativeAnswer(result)) return result.text;
  return typeof result === 'string' ? result : undefined;
}

/** White space, no-break spaces included, makes no difference. */
function isSentence(value: unknown, sentence: string): boolean {
  if (typeof value !== 'string' || value.length > MAX_SENTENCE_CHARS) return false;
  return value.trim().replace(/\s+/g, ' ') === sentence;
}

/** plugin-groq answers a failed call with `[{ url: '' }]`. Instances of a class, such as a Blob or bytes, pass. */
function hasImage(result: unknown): boolean {
  if (!Array.isArray(result)) return !!result;
  return result.some((image: unknown) => {
    if (!isObject(image)) return hasContent(image);
    const isKnownShape = isPlain(image) || 'url' in image || 'b64_json' in image;
    return !isKnownShape || hasContent(image.url) || hasContent(image.b64_json);
  });
}

/** Published providers fill in "Image Analysis" where a model gave no title. */
function hasDescription(result: unknown): boolean {
  if (!isObject(result)) return typeof result === 'string' && !isBlank(result);
  const describes = (value: unknown) => hasContent(value) && !isSentence(value, 'Image Analysis');
  if (describes(result.title) || describes(result.description)) return true;
  // `Object.values` of a buffer would list all its bytes.
  return ArrayBuffer.isView(result) || Object.values(result).some(describes);
}

/** Providers return bytes or a stream of them. Nothing is known of a stream before it is read. */
function hasAudio(result: unknown): boolean {
  if (!isObject(result)) return hasContent(result);
  return result.byteLength !== 0 && result.size !== 0 && result.length !== 0;
}

/** plugin-groq 1.0.4, whose tokenizer knows none of its own models, answers every call with `[]` or `''`. */
function isLost(params: unknown, input: 'prompt' | 'tokens', result: unknown): boolean {
  return isObject(params) && hasLength(params[input]) && !hasLength(result);
}

/** A text, a list or a typed array that is not empty. */
function hasLength(value: unknown): boolean {
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  return (isList || typeof value === 'string') && (value as { length?: unknown }).length !== 0;
}

/** Null and blank input has no embedding; providers answer it with a marked vector on purpose. */
function hasText(params: unknown): boolean {
  const text = isObject(params) ? params.text : params;
  return typeof text === 'string' && !isBlank(text);
}

/** For a single object. The schema of a call with `output: 'array'` or `'enum'` is not that of its result. */
function findMissingKeys(result: unknown, params: unknown): string | undefined {
  if (!isObject(params) || params.output === 'array' || params.output === 'enum') return undefined;
  const schema = isObject(params.schema) ? params.schema : undefined;
  const required: unknown[] = Array.isArray(schema?.required) ? schema.required : [];
  if (required.length === 0 || Array.isArray(result)) return undefined;
  if (!isObject(result)) return 'something other than an object';
  const missing = required.filter((key) => typeof key === 'string' && !hasKey(result, key));
  return missing.length > 0 ? `an object without ${missing.length} of its required keys` : undefined;
}

/** No class has more ancestors; a proxy can have prototypes without end. */
const MAX_PROTOTYPES = 20;

/** An own property, or an accessor of its class; `toString` of `Object.prototype` is not a key. */
function hasKey(object: object, key: string): boolean {
  let owner = object;
  for (let i = 0; i < MAX_PROTOTYPES; i++) {
    if (Object.hasOwn(owner, key)) return true;
    if (isPlain(owner)) return false;
    owner = Object.getPrototypeOf(owner);
  }
  return false;
}

/** An object literal or parsed JSON, of this realm or of another. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function hasContent(value: unknown): boolean {
  if (typeof value === 'string') return !isBlank(value);
  return Array.isArray(value) ? value.length > 0 : !!value;
}

function isBlank(text: string): boolean {
  return !/\S/.test(text);
}
