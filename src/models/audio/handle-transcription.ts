import type { TranscriptionParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import { asJson } from '../../http/as-json.js';
import { request } from '../../http/request.js';
import { type MediaType, sniffAudio } from '../../media/media-type.js';
import { transcription } from '../../openai/schemas.js';
import type { ModelContext } from '../context.js';
import { loadMedia, tooLarge } from '../load-media.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';
import { withinLimit } from '../within-limit.js';

/** OpenAI's limit. */
const AUDIO_LIMIT_BYTES = 25 * 1024 * 1024;

/** Audio, or its address. */
export type AudioInput = Buffer | Uint8Array | ArrayBuffer | Blob | string;

/** core's params, and the form that published providers accept too. */
export type TranscriptionInput =
  | AudioInput
  | TranscriptionParams
  | { audio: AudioInput; mimeType?: string; language?: string; prompt?: string };

/**
 * Serves TRANSCRIPTION.
 *
 * `model` and `response_format` are not passed on, because the caller chose them for another provider; nor is
 * `temperature`, because core fills in the character's temperature for text.
 * @returns the text; '' when nothing is said.
 * @throws {InvalidInputError} for input that is not audio, for empty audio, and for more than 25 MiB.
 * @throws {ResourceError} for an address that must not be fetched from, and for audio that cannot be loaded within
 * `ELIZANET_TIMEOUT`.
 */
export async function handleTranscription(context: ModelContext, input: TranscriptionInput): Promise<string> {
  const { config, endpoint } = context;
  const { audio, mimeType, language, prompt = '' } = namedInput(input);
  validateInput(prompt, 'prompt', config.ELIZANET_MAX_INPUT_LENGTH);
  const model = config.ELIZANET_TRANSCRIPTION_MODEL;
  const timeoutMs = config.ELIZANET_MEDIA_TIMEOUT;
  return runOperation(context, { modelType: 'TRANSCRIPTION', model, timeoutMs, params: input }, async (signal) => {
    const { bytes, contentType } = await loadAudio(context, audio, signal);
    const type = sniffAudio(bytes) ?? declaredType(typeof mimeType === 'string' && mimeType ? mimeType : contentType);
    const form = new FormData();
    form.append('model', model);
    form.append('response_format', 'json');
    if (prompt) form.append('prompt', prompt);
    if (typeof language === 'string' && language) form.append('language', language);
    // OpenAI takes the format from the file name, and refuses "blob", the name of a Blob without one.
    form.append('file', new Blob([bytes], { type: type.mime }), `audio.${type.extension}`);
    const sent = { path: '/v1/audio/transcriptions', body: form, timeoutMs, signal };
    const { value, requestId } = await request(endpoint, sent, asJson(transcription));
    return { value: value.text, usage: value.usage, requestId, promptLength: prompt.length };
  });
}

interface NamedInput {
  audio: unknown;
  mimeType?: string;
  language?: string;
  prompt?: string;
}

function namedInput(input: TranscriptionInput): NamedInput {
  if (typeof input === 'object' && input !== null) {
    // core 2.x can pass both keys, one of them without a value.
    if ('audio' in input && (input.audio || !('audioUrl' in input))) return input;
    if ('audioUrl' in input) return { ...input, audio: input.audioUrl };
  }
  return { audio: input };
}

interface LoadedAudio {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

/** @throws {InvalidInputError} */
async function loadAudio(context: ModelContext, audio: unknown, signal?: AbortSignal): Promise<LoadedAudio> {
  if (typeof audio === 'string') {
    const loaded = await loadMedia(context, audio, { name: 'audio', limitBytes: AUDIO_LIMIT_BYTES, signal });
    if (/^(?:text|image)\/|json|html/.test(loaded.contentType) && !sniffAudio(loaded.bytes)) {
      const isShown = /^[\w.+-]{1,40}\/[\w.+-]{1,80}$/.test(loaded.contentType);
      throw new InvalidInputError(isShown ? `audio is of type ${loaded.contentType}` : 'audio is of another type');
    }
    return { ...loaded, bytes: new Uint8Array(loaded.bytes) };
  }
  const size = audio instanceof Blob ? audio.size : isBytes(audio) ? audio.byteLength : undefined;
  if (size === undefined) {
    throw new InvalidInputError('TRANSCRIPTION takes a Buffer, a Blob, an address, { audio } or { audioUrl }');
  }
  if (size === 0) throw new InvalidInputError('audio is empty');
  if (size > AUDIO_LIMIT_BYTES) throw new InvalidInputError(tooLarge('audio', AUDIO_LIMIT_BYTES));
  if (audio instanceof Blob) {
    const limit = { clock: context.clock, timeoutMs: context.config.ELIZANET_TIMEOUT, signal };
    return { bytes: new Uint8Array(await withinLimit(audio.arrayBuffer(), 'audio', limit)), contentType: audio.type };
  }
  return { bytes: new Uint8Array(audio as Uint8Array | ArrayBuffer), contentType: '' };
}

function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return value instanceof Uint8Array || value instanceof ArrayBuffer;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mp4': 'm4a',
  'audio/x-m4a': 'm4a',
  'video/mp4': 'mp4',
  'audio/ogg': 'ogg',
  'audio/opus': 'ogg',
  'audio/flac': 'flac',
  'audio/webm': 'webm',
  'video/webm': 'webm',
};

/** For bytes of an unknown kind, which the upstream may still know. */
function declaredType(declared: string): MediaType {
  const mime = declared.split(';')[0]?.trim().toLowerCase() ?? '';
  const extension = Object.hasOwn(EXTENSIONS, mime) ? EXTENSIONS[mime] : undefined;
  return extension ? { mime, extension } : { mime: 'application/octet-stream', extension: 'bin' };
}
