import { signalInScope } from '../../core/attempt-scope.js';
import type { ModelContext } from '../context.js';
import { inlineImage, isPassedOn } from '../image-address.js';
import { isWebAddress } from '../load-media.js';
import { type ImagePart, imageParts } from './image-parts.js';

/**
 * The images among the `attachments` of params (core 2.x), as message parts. Public addresses are sent unchanged and fetched by the
 * upstream; all others are fetched here, where the settings allow it, and sent inline. What cannot be sent is left out,
 * with a warning.
 * @throws the signal's reason when the call is aborted.
 */
export async function attachedImages(context: ModelContext, params: object): Promise<readonly ImagePart[]> {
  const { parts, leftOut } = imageParts((params as { attachments?: unknown }).attachments);
  const loaded = await Promise.all(parts.map((part) => loadedPart(context, part)));
  const sent = loaded.filter((part) => part !== undefined);
  const count = leftOut + loaded.length - sent.length;
  if (count > 0) {
    context.log.write('attachments_left_out', { count });
  }
  return sent;
}

async function loadedPart(context: ModelContext, part: ImagePart): Promise<ImagePart | undefined> {
  const { url } = part.image_url;
  if (!isWebAddress(url)) return part;
  const signal = signalInScope();
  const input = { name: 'attachments', signal };
  try {
    if (await isPassedOn(context, url, input)) return part;
    return { ...part, image_url: { url: await inlineImage(context, url, input) } };
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}
