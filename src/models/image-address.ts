import { InvalidInputError } from '../core/errors.js';
import { toDataUrl } from '../media/data-url.js';
import { mayPassOn } from '../media/may-pass-on.js';
import { sniffImage } from '../media/media-type.js';
import type { ModelContext } from './context.js';
import { type LoadInput, loadMedia } from './load-media.js';
import { withinLimit } from './within-limit.js';

/** OpenAI's limit for one image. */
const IMAGE_LIMIT_BYTES = 20 * 1024 * 1024;

type ImageInput = Pick<LoadInput, 'name' | 'signal'>;

/**
 * Whether the address of an image is sent to the upstream as it is; see `mayPassOn`. All others are fetched here.
 * @throws {ResourceError} when the name is not resolved within `ELIZANET_TIMEOUT`.
 * @throws the signal's reason when it fires.
 */
export function isPassedOn(
  { config, clock, lookup }: ModelContext,
  address: string,
  { name, signal }: ImageInput,
): Promise<boolean> {
  return withinLimit(mayPassOn(address, lookup), name, { clock, timeoutMs: config.ELIZANET_TIMEOUT, signal });
}

/**
 * Loads an image as `loadMedia` does.
 * @returns a data URL, with the type that the bytes have: core labels what it is not told as octet-stream, which no
 * upstream takes.
 * @throws {InvalidInputError} for content that is not an image, and as `loadMedia` does.
 */
export async function inlineImage(context: ModelContext, address: string, input: ImageInput): Promise<string> {
  const { bytes } = await loadMedia(context, address, { ...input, limitBytes: IMAGE_LIMIT_BYTES });
  const type = sniffImage(bytes);
  if (!type) {
    throw new InvalidInputError(`${input.name} leads to something that is no PNG, JPEG, GIF, WebP or AVIF image`);
  }
  return toDataUrl(type.mime, bytes);
}
