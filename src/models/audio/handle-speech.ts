import type { TextToSpeechParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import { postForAudio } from '../../http/post-for-audio.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';

/** core's params, and the two that published providers take besides. */
export type SpeechInput = string | (TextToSpeechParams & { format?: string; instructions?: string });

/**
 * Serves TEXT_TO_SPEECH, with the model `ELIZANET_TTS_MODEL`.
 * @returns the audio, whole; MP3 unless `format` says otherwise and the model knows it.
 * @throws {InvalidInputError} for text that is no string, blank or too long.
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
  return runOperation(context, { modelType: 'TEXT_TO_SPEECH', model, timeoutMs }, async (signal) => {
    const { value, requestId } = await postForAudio(endpoint, {
      path: '/v1/audio/speech',
      body: {
        model,
        input: text,
        // Without one LiteLLM answers 500.
        voice: voice || config.ELIZANET_TTS_VOICE,
        response_format: format || undefined,
        speed,
        instructions: instructions || undefined,
      },
      timeoutMs,
      signal,
    });
    return { value, requestId, promptLength: text.length };
  });
}
