import { toDataUrl } from '../../media/data-url.js';
import type { ImagePart } from '../../openai/chat-body.js';

export interface ImageParts {
  parts: readonly ImagePart[];
  /** Number of attachments that are not images, or are images that only the host can read. */
  leftOut: number;
}

/**
 * Converts the `attachments` of a call's params (core 2.x), `{ mediaType, data: base64 | bytes | URL }`, to message parts. Addresses are
 * left unchanged; they are not checked here.
 */
export function imageParts(params: object): ImageParts {
  const { attachments } = params as { attachments?: unknown };
  if (!Array.isArray(attachments)) return { parts: [], leftOut: 0 };
  const urls = attachments.map(imageUrl).filter((url) => url !== undefined);
  return {
    parts: urls.map((url) => ({ type: 'image_url', image_url: { url } })),
    leftOut: attachments.length - urls.length,
  };
}

function imageUrl(attachment: unknown): string | undefined {
  const { mediaType, data } = (attachment ?? {}) as { mediaType?: unknown; data?: unknown };
  return addressOf(mediaType, data);
}

/**
 * The address of an image: a web address or a data URL as it is, base64 and bytes as a data URL.
 * @returns undefined for anything else, such as the path of a file.
 */
export function addressOf(mediaType: unknown, data: unknown): string | undefined {
  if (typeof mediaType !== 'string' || !/^image\/[\w.+-]+$/.test(mediaType)) return undefined;
  if (data instanceof Uint8Array) return toDataUrl(mediaType, data);
  const text = data instanceof URL ? data.href : data;
  if (typeof text !== 'string' || text === '') return undefined;
  if (/^(?:https?:\/\/|data:image\/)/i.test(text)) return text;
  return /^[A-Za-z0-9+/=_-]+$/.test(text) ? toDataUrl(mediaType, text) : undefined;
}
