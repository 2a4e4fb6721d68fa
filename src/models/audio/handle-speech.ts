import type { TextToSpeechParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import { asBytes, type BytesAnswer } from '../../http/as-bytes.js';
import { invalidResponse } from '../../http/invalid-response.js';
import { request } from '../../http/request.js';
import type { RequestContext } from '../../http/request-context.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';

/** An hour of speech as MP3 is less than 60 MiB. */
const AUDIO_LIMIT_BYTES = 64 * 1024 * 1024;

/** core's params, and the two that published providers take besides. */
export type SpeechInput = string | (TextToSpeechParams & { format?: string; instructions?: string });

/**
 * Serves TEXT_TO_SPEECH, with the model `ELIZANET_TTS_MODEL`.
 * @returns the audio, whole; MP3 unless `format` says otherwise and the model knows it.
 * @throws {InvalidInputError} for text that is no string, blank or too long.
 * @throws {InvalidResponseError} when the answer is empty, a text, or larger than 64 MiB.
 */
export async function handleTextToSpeech(context: ModelContext, model: string, input: SpeechInput): Promise<Buffer> {
  const { config, endpoint } = context;
  const {
    text: given,
    voice,
    speed,
    format,
    instructions,
  } = typeof input === 'string' ? { text: input } : (input ?? {});
  const text = validateInput(given, 'text', config.ELIZANET_MAX_INPUT_LENGTH);
  if (text.trim() === '') throw new InvalidInputError('text is empty');
  const timeoutMs = config.ELIZANET_MEDIA_TIMEOUT;
  return runOperation(context, { modelType: 'TEXT_TO_SPEECH', model, timeoutMs, params: input }, async (signal) => {
    const body = {
      model,
      input: text,
      // Without one LiteLLM answers 500.
      voice: voice || config.ELIZANET_TTS_VOICE,
      response_format: format || undefined,
      speed,
      instructions: instructions || undefined,
    };
    // LiteLLM closes the connection 4 ms after it has answered a failed speech request; a request sent on that
    // connection in the meantime would be lost.
    const sent = { path: '/v1/audio/speech', body, timeoutMs, signal, closeConnection: true };
    const { value, requestId, context: answer } = await request(endpoint, sent, asBytes('audio/*', AUDIO_LIMIT_BYTES));
    return { value: audioOf(value, answer), requestId, promptLength: text.length };
  });
}

/** @throws {InvalidResponseError} */
function audioOf({ bytes, contentType }: BytesAnswer, context: RequestContext): Buffer {
  if (/json|text/.test(contentType)) {
    throw invalidResponse('answered with a text where audio belongs', context);
  }
  if (bytes.length === 0) throw invalidResponse('answered with empty audio', context);
  return bytes;
}
