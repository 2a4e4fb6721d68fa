import type { ImageGenerationParams } from '@elizaos/core';
import { asJson } from '../../http/as-json.js';
import { type RequestInput, request as sendRequest } from '../../http/request.js';
import { toDataUrl } from '../../media/data-url.js';
import { sniffImage } from '../../media/media-type.js';
import { type ImageEntry, imageList } from '../../openai/schemas.js';
import type { ModelContext } from '../context.js';
import { askInDialect } from '../dialect/ask-in-dialect.js';
import { refusalMemory } from '../dialect/refusal-memory.js';
import { runOperation } from '../operation.js';
import type { OperationResult } from '../operation-result.js';
import { sumUsage } from '../sum-usage.js';
import { validateInput } from '../validate-input.js';
import { COUNT, type ImageRequest, imageDialect } from './image-dialect.js';
import { fitOptions, type ImageOptions, splitCount } from './image-options.js';

/** Images come inline when the upstream does not host them. */
const IMAGE_LIMIT_BYTES = 64 * 1024 * 1024;

export interface GeneratedImage {
  /** An http address, or a data URL of the image. */
  url: string;
  /** The prompt that the model used, if it rewrote the one that was sent. */
  revised_prompt?: string;
}

/**
 * Serves IMAGE. If a model generates one image per request, several requests are sent at once. When some of them fail, the
 * images of the others are returned, so there may be fewer than asked for. Options that the model does not support are
 * left out.
 * @throws {InvalidInputError} for a prompt that is not a string or is too long, and for an invalid count or size.
 * @throws {UpstreamStatusError} of kind `content_policy` when the provider's moderation refuses the prompt.
 */
export async function handleImage(
  context: ModelContext,
  params: ImageGenerationParams & ImageOptions,
): Promise<GeneratedImage[]> {
  const { config, endpoint, clock, log } = context;
  const prompt = validateInput(params?.prompt, 'prompt', config.ELIZANET_MAX_INPUT_LENGTH);
  const model = config.ELIZANET_IMAGE_MODEL;
  const timeoutMs = config.ELIZANET_MEDIA_TIMEOUT;
  const makesOne = () => refusalMemory(endpoint, model).has(COUNT);
  const counts = splitCount(model, params.count, makesOne());
  const wanted = counts.reduce((sum, n) => sum + n, 0);
  const { sent, changed } = fitOptions(model, params);
  return runOperation(context, { modelType: 'IMAGE', model, timeoutMs, params }, async (signal) => {
    if (changed.length > 0) log.write('image_options_changed', { model, options: changed.join(' and '), ...sent });
    const limits = { timeoutMs, startedAt: clock.now(), signal };
    const request = (n: number) => requestImages(context, { model, prompt, n, ...sent }, limits);
    const outcomes = await Promise.allSettled(counts.map(request));
    if (makesOne() && counts.length < wanted) {
      // Asked for several images, the model refused the count and then returned one.
      const missing = wanted - made(outcomes).flatMap(({ value }) => value).length;
      outcomes.push(...(await Promise.allSettled(Array.from({ length: missing }, () => request(1)))));
    }
    const results = made(outcomes);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const [first] = results;
    if (failed && (!first || signal?.aborted)) throw failed.reason;
    if (failed) log.write('images_missing', { succeededCount: results.length, requestCount: outcomes.length });
    const usage = sumUsage(results.map(({ usage }) => usage));
    return { ...(first as OperationResult<GeneratedImage[]>), usage, value: results.flatMap(({ value }) => value) };
  });
}

function made<T>(outcomes: readonly PromiseSettledResult<T>[]): T[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

async function requestImages(
  context: ModelContext,
  request: ImageRequest,
  limits: Pick<RequestInput, 'timeoutMs' | 'startedAt' | 'signal'>,
): Promise<OperationResult<GeneratedImage[]>> {
  const { value, requestId } = await askInDialect(context, imageDialect, request, (body) =>
    sendRequest(
      context.endpoint,
      { path: '/v1/images/generations', body: { ...body }, ...limits },
      asJson(imageList, IMAGE_LIMIT_BYTES),
    ),
  );
  return { value: value.data.map(toImage), usage: value.usage, requestId, promptLength: request.prompt.length };
}

function toImage({ url, b64_json, revised_prompt }: ImageEntry): GeneratedImage {
  return { url: url || inlineUrl(b64_json ?? ''), ...(revised_prompt ? { revised_prompt } : {}) };
}

/** The first bytes say what it is: gpt-image models make PNG, JPEG and WebP, and the answer does not tell which. */
function inlineUrl(base64: string): string {
  const type = sniffImage(Buffer.from(base64.slice(0, 32), 'base64'));
  return toDataUrl(type?.mime ?? 'image/png', base64);
}
