import type { ImageDescriptionParams } from '@elizaos/core';
import { InvalidInputError, isElizaNetError } from '../../core/errors.js';
import { looksPublic } from '../../media/address-policy.js';
import { toDataUrl } from '../../media/data-url.js';
import type { Resource } from '../../media/fetch-resource.js';
import { sniffImage } from '../../media/media-type.js';
import { generateText, tellWhenCut } from '../chat/chat-call.js';
import type { ModelContext } from '../context.js';
import { isWebAddress, loadMedia } from '../load-media.js';
import { runOperation } from '../operation.js';
import type { OperationResult } from '../operation-result.js';
import { validateInput } from '../validate-input.js';
import { type ImageDescription, parseImageDescription } from './parse-image-description.js';

/** OpenAI's limit for one image. */
const IMAGE_LIMIT_BYTES = 20 * 1024 * 1024;
const DEFAULT_PROMPT =
  'Please analyze this image and provide a title and detailed description. Begin with a line "Title: …".';

/** core merges the character's model settings into the params. */
type VisionParams = ImageDescriptionParams & { maxTokens?: number; temperature?: number };

/**
 * Serves IMAGE_DESCRIPTION.
 *
 * A public address is sent to the upstream, and fetched here only if the upstream answers 400. Files of the host, private
 * addresses and data URLs are fetched here and sent inline.
 * @throws {InvalidInputError} for an `imageUrl` of an unsupported kind, and for content that is not an image.
 * @throws {ResourceError} for an address that must not or cannot be fetched.
 */
export async function handleImageDescription(
  context: ModelContext,
  params: VisionParams | string,
): Promise<ImageDescription> {
  const { config, clock } = context;
  const {
    imageUrl,
    prompt: ownPrompt,
    maxTokens,
    temperature,
  }: VisionParams = typeof params === 'string' ? { imageUrl: params } : (params ?? {});
  if (typeof imageUrl !== 'string' || imageUrl === '') throw new InvalidInputError('imageUrl must be a string');
  const prompt = validateInput(ownPrompt || DEFAULT_PROMPT, 'prompt', config.ELIZANET_MAX_INPUT_LENGTH);
  const model = config.ELIZANET_VISION_MODEL;
  const timeoutMs = config.ELIZANET_TIMEOUT;
  const operation = { modelType: 'IMAGE_DESCRIPTION', model, timeoutMs };
  const startedAt = clock.now();
  return runOperation(context, operation, async (signal) => {
    const describe = async (url: string): Promise<OperationResult<ImageDescription>> => {
      const content = [
        { type: 'text', text: prompt },
        { type: 'image_url', image_url: { url } },
      ];
      const messages = [{ role: 'user' as const, content }];
      const request = { model, messages, max_tokens: maxTokens, temperature };
      const answer = await generateText(context, request, { timeoutMs, startedAt, signal });
      tellWhenCut(context, operation.modelType, answer);
      const { text, requestId, usage } = answer;
      return { value: parseImageDescription(text), requestId, usage, promptLength: prompt.length };
    };
    const inline = async () =>
      inlineUrl(await loadMedia(context, imageUrl, { name: 'imageUrl', limitBytes: IMAGE_LIMIT_BYTES, signal }));
    if (!isPassedOn(imageUrl)) return describe(await inline());
    // Some upstreams do not fetch images, and some hosts block them.
    const retried = async (error: unknown) => {
      if (!isElizaNetError(error) || error.kind !== 'request' || error.statusCode !== 400) throw error;
      const url = await inline().catch(() => undefined);
      // The upstream's error says more than ours.
      if (url === undefined) throw error;
      return describe(url);
    };
    return describe(imageUrl).catch(retried);
  });
}

function isPassedOn(address: string): boolean {
  if (!isWebAddress(address) || !URL.canParse(address)) return false;
  const { hostname, username, password } = new URL(address);
  return looksPublic(hostname) && !username && !password;
}

/** With the type that the bytes have: core labels what it is not told as octet-stream, which no upstream takes. */
function inlineUrl({ bytes }: Resource): string {
  const type = sniffImage(bytes);
  if (!type) throw new InvalidInputError('imageUrl leads to something that is no PNG, JPEG, GIF, WebP or AVIF image');
  return toDataUrl(type.mime, bytes);
}
