import type { TextToSpeechParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import { postForAudio } from '../../http/post-for-audio.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';

/** core's params, and the two that published providers accept too. */
export type SpeechInput = string | (TextToSpeechParams & { format?: string; instructions?: string });

/**
 * Serves TEXT_TO_SPEECH.
 * @param model `ELIZANET_TTS_MODEL`.
 * @returns the complete audio; MP3 unless `format` names another format that the model supports.
 * @throws {InvalidInputError} for text that is not a string, blank or too long.
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
        // LiteLLM answers 500 without a voice.
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
