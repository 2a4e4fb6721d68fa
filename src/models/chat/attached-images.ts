import type { ImagePart } from '../../openai/chat-body.js';
import type { ModelContext } from '../context.js';
import { inlineImage, isPassedOn } from '../image-address.js';
import { isWebAddress } from '../load-media.js';
import type { ImageParts } from './image-parts.js';

/**
 * Loads the images attached to a call. Public addresses are sent unchanged and fetched by the upstream; all others are fetched here, where the settings allow it, and sent inline. What cannot be sent is left out,
 * with a warning.
 * @throws the signal's reason when the call is aborted.
 */
export async function loadImages(
  context: ModelContext,
  { parts, leftOut }: ImageParts,
  signal: AbortSignal | undefined,
): Promise<readonly ImagePart[]> {
  const loaded = await Promise.all(parts.map((part) => loadedImage(context, part, 'attachments', signal)));
  const sent = loaded.filter((part) => part !== undefined);
  const count = leftOut + loaded.length - sent.length;
  if (count > 0) {
    context.log.write('attachments_left_out', { count });
  }
  return sent;
}

/**
 * @param name of the param that holds the image.
 * @returns undefined for an image that must not or cannot be fetched.
 */
export async function loadedImage(
  context: ModelContext,
  part: ImagePart,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ImagePart | undefined> {
  const { url } = part.image_url;
  if (!isWebAddress(url)) return part;
  const input = { name, signal };
  try {
    if (await isPassedOn(context, url, input)) return part;
    return { ...part, image_url: { url: await inlineImage(context, url, input) } };
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}
