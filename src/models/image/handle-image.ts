import type { ImageGenerationParams } from '@elizaos/core';
import { asJson } from '../../http/as-json.js';
import { request } from '../../http/request.js';
import { toDataUrl } from '../../media/data-url.js';
import { sniffImage } from '../../media/media-type.js';
import { type ImageEntry, imageList } from '../../openai/schemas.js';
import type { ModelContext } from '../context.js';
import { type OperationResult, runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';
import { fitOptions, type ImageOptions, splitCount } from './image-options.js';

/** Images come inline when the upstream does not host them. */
const IMAGE_LIMIT_BYTES = 64 * 1024 * 1024;

export interface GeneratedImage {
  /** Where the image is, or the image itself as a data URL. */
  url: string;
  /** The prompt the model really worked from, when it says. */
  revised_prompt?: string;
}

/**
 * Serves IMAGE. A model that makes one picture at a time is asked several times at once; pictures that could be made
 * are not thrown away because another could not, so there may be fewer than asked for.
 * @throws {InvalidInputError} for a prompt that is no string or too long, and a count or size that makes no sense.
 * @throws {UpstreamStatusError} of kind `content_policy` when the provider's moderation refuses the prompt.
 */
export async function handleImage(
  context: ModelContext,
  params: ImageGenerationParams & ImageOptions,
): Promise<GeneratedImage[]> {
  const { config, endpoint, log } = context;
  const prompt = validateInput(params?.prompt, 'prompt', config.ELIZANET_MAX_INPUT_LENGTH);
  const model = config.ELIZANET_IMAGE_MODEL;
  const timeoutMs = config.ELIZANET_IMAGE_TIMEOUT;
  const counts = splitCount(model, params.count);
  const { sent, changed } = fitOptions(model, params);
  const generate = (signal?: AbortSignal) => async (n: number) => {
    const input = { path: '/v1/images/generations', body: { model, prompt, n, ...sent }, timeoutMs, signal };
    const { value, requestId } = await request(endpoint, input, asJson(imageList, IMAGE_LIMIT_BYTES));
    return { value: value.data.map(toImage), usage: value.usage, requestId, promptLength: prompt.length };
  };
  return runOperation(context, { modelType: 'IMAGE', model, timeoutMs }, async (signal) => {
    if (changed.length > 0)
      log.warn(`IMAGE: ${model} does not take the ${changed.join(' and ')} asked for`, { ...sent });
    const outcomes = await Promise.allSettled(counts.map(generate(signal)));
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed && (made.length === 0 || signal?.aborted)) throw failed.reason;
    if (failed) log.warn(`IMAGE: ${made.length} of ${counts.length} requests succeeded`);
    const [first] = made as [OperationResult<GeneratedImage[]>];
    return { ...first, value: made.flatMap(({ value }) => value) };
  });
}

function toImage({ url, b64_json, revised_prompt }: ImageEntry): GeneratedImage {
  return { url: url || inlineUrl(b64_json ?? ''), ...(revised_prompt ? { revised_prompt } : {}) };
}

/** The first bytes say what it is: gpt-image models make PNG, JPEG and WebP, and the answer does not tell which. */
function inlineUrl(base64: string): string {
  const type = sniffImage(Buffer.from(base64.slice(0, 32), 'base64'));
  return toDataUrl(type?.mime ?? 'image/png', base64);
}
