import type { ImageDescriptionParams } from '@elizaos/core';
import { InvalidInputError, isElizaNetError } from '../../core/errors.js';
import { looksPublic } from '../../media/address-policy.js';
import { toDataUrl } from '../../media/data-url.js';
import type { Resource } from '../../media/fetch-resource.js';
import { sniffImage } from '../../media/media-type.js';
import { generateText, warnWhenCut } from '../chat/chat-call.js';
import type { ModelContext } from '../context.js';
import { isWebAddress, loadMedia } from '../load-media.js';
import { type OperationResult, runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';
import { type ImageDescription, parseImageDescription } from './parse-image-description.js';

/** What OpenAI's models take. */
const IMAGE_LIMIT_BYTES = 20 * 1024 * 1024;
const DEFAULT_PROMPT =
  'Please analyze this image and provide a title and detailed description. Begin with a line "Title: …".';

/** core adds the character's model settings to the params. */
type VisionParams = ImageDescriptionParams & { maxTokens?: number; temperature?: number };

/**
 * Serves IMAGE_DESCRIPTION.
 *
 * A public address is passed on as it is, and fetched here only if the upstream cannot use it; what only this machine
 * can reach, or the host serves, is fetched and travels inline.
 * @throws {InvalidInputError} for an `imageUrl` of no supported kind, and for what turns out to be no image.
 * @throws {ResourceError} and {ResourceError} for an address that must not, or cannot, be fetched from.
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
      warnWhenCut(context, operation.modelType, answer);
      const { text, requestId, usage } = answer;
      return { value: parseImageDescription(text), requestId, usage, promptLength: prompt.length };
    };
    const inline = async () =>
      inlineUrl(await loadMedia(context, imageUrl, { name: 'imageUrl', limitBytes: IMAGE_LIMIT_BYTES, signal }));
    if (!isPassedOn(imageUrl)) return describe(await inline());
    // Not every upstream fetches images, and some hosts let no upstream in.
    const retried = async (error: unknown) => {
      if (!isElizaNetError(error) || error.kind !== 'request' || error.statusCode !== 400) throw error;
      const url = await inline().catch(() => undefined);
      // Then the upstream's word is the better one.
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
