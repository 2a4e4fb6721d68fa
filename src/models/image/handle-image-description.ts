import type { ImageDescriptionParams } from '@elizaos/core';
import { isElizaNetError } from '../../core/elizanet-error.js';
import { InvalidInputError, InvalidResponseError, OutputLimitError } from '../../core/errors.js';
import { acceptCut, type ChatAnswer, generateText } from '../chat/chat-call.js';
import type { ModelContext } from '../context.js';
import { inlineImage, isPassedOn } from '../image-address.js';
import { withoutThinking } from '../object/without-thinking.js';
import { runOperation } from '../operation.js';
import type { OperationResult } from '../operation-result.js';
import { validateInput } from '../validate-input.js';
import { type ImageDescription, parseImageDescription } from './parse-image-description.js';

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
  const operation = { modelType: 'IMAGE_DESCRIPTION', model, timeoutMs, params };
  const startedAt = clock.now();
  return runOperation(context, operation, async (signal) => {
    const describe = async (url: string): Promise<OperationResult<ImageDescription>> => {
      const content = [
        { type: 'text' as const, text: prompt },
        { type: 'image_url' as const, image_url: { url } },
      ];
      const messages = [{ role: 'user' as const, content }];
      const request = { model, messages, max_tokens: maxTokens, temperature };
      const answer = await generateText(context, request, { timeoutMs, startedAt, signal });
      acceptCut(context, operation.modelType, answer, model);
      const { requestId, usage } = answer;
      const value = parseImageDescription(textIn(context, answer));
      return { value, requestId, usage, promptLength: prompt.length };
    };
    const input = { name: 'imageUrl', signal };
    const inline = () => inlineImage(context, imageUrl, input);
    if (!(await isPassedOn(context, imageUrl, input))) return describe(await inline());
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

/** @throws {OutputLimitError} or {InvalidResponseError} for an answer that is nothing but thinking. */
function textIn({ endpoint, config }: ModelContext, { text, finishReason, requestId }: ChatAnswer): string {
  const cut = finishReason === 'length';
  const said = withoutThinking(text, { cut }).trim();
  if (said !== '') return said;
  const details = { requestId, model: config.ELIZANET_VISION_MODEL };
  if (cut) throw new OutputLimitError(endpoint.name, details);
  throw new InvalidResponseError(`${endpoint.name} answered with nothing but thinking`, details);
}
