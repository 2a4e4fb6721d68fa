import { InvalidResponseError } from '../core/errors.js';
import type { Endpoint } from './endpoint.js';
import { type ExchangeResult, exchange } from './exchange.js';
import type { PostJsonInput } from './post-json.js';
import { readBytes } from './read-body.js';

/** An hour of speech as mp3 is less than 60 MiB. */
const AUDIO_LIMIT_BYTES = 64 * 1024 * 1024;

export type PostForAudioInput = Omit<PostJsonInput<unknown>, 'schema' | 'limitBytes'>;

/**
 * Posts JSON and returns the audio that comes back, whole: LiteLLM sends none of it before it has all.
 * @throws what `send` throws, and
 * @throws {InvalidResponseError} when the answer is empty, or a text.
 * @throws {InvalidResponseError} when it passes 64 MiB.
 */
export async function postForAudio(
  endpoint: Endpoint,
  { body, ...input }: PostForAudioInput,
): Promise<ExchangeResult<Buffer>> {
  const { model } = body;
  // LiteLLM closes the connection behind a failed speech request 4 ms later without a word, and whoever had taken it
  // for the next request would be reset.
  const request = { ...input, body: JSON.stringify(body), model, closeConnection: true };
  return exchange(endpoint, { ...request, accept: 'audio/*' }, async (response, context) => {
    const audio = await readBytes(response.body, AUDIO_LIMIT_BYTES, context);
    if (/json|text/.test(response.contentType)) {
      throw new InvalidResponseError('ElizaNet answered with a text where audio belongs', context);
    }
    if (audio.length === 0) throw new InvalidResponseError('ElizaNet answered with empty audio', context);
    return audio;
  });
}
