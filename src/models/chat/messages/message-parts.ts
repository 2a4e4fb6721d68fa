import { isRecord } from '../../../core/is-record.js';
import { toDataUrl } from '../../../media/data-url.js';
import { sniffImage } from '../../../media/media-type.js';
import type { MessagePart } from '../../../openai/chat-body.js';
import { addressOf } from '../image-parts.js';

/** Parts that are not sent and are not missed: a model's thoughts. */
const THOUGHT = /^(?:reasoning|thinking|redacted)/;

export interface ReadParts {
  parts: MessagePart[];
  /** Number of parts that cannot be sent. */
  leftOut: number;
}

/**
 * Reads the content of a user, assistant or system message: a string, or a list of parts. Calls and results of tools are
 * not among the parts read here.
 */
export function readParts(content: unknown): ReadParts {
  if (typeof content === 'string')
    return { parts: content === '' ? [] : [{ type: 'text', text: content }], leftOut: 0 };
  if (!Array.isArray(content)) return { parts: [], leftOut: 0 };
  const parts: MessagePart[] = [];
  let leftOut = 0;
  for (const given of content) {
    const part =
      typeof given === 'string' ? ({ type: 'text', text: given } as const) : isRecord(given) && readPart(given);
    if (part) parts.push(part);
    else if (!isRecord(given) || !isReadElsewhere(given.type)) leftOut++;
  }
  return { parts, leftOut };
}

/** All text of a message's content. @param separator between parts. */
export function textIn(content: unknown, separator = ''): string {
  return readParts(content)
    .parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join(separator);
}

function isReadElsewhere(type: unknown): boolean {
  return typeof type === 'string' && (type === 'tool-call' || type === 'tool-result' || THOUGHT.test(type));
}

function readPart(part: Record<string, unknown>): MessagePart | undefined {
  const { type, text, image, data, mediaType } = part;
  if (type === 'text') return typeof text === 'string' ? { type, text } : undefined;
  if (type === 'image') return imagePart(image, mediaType);
  if (type !== 'file') return undefined;
  return isImageType(mediaType) ? imagePart(data, mediaType) : filePart(part);
}

function imagePart(data: unknown, mediaType: unknown): MessagePart | undefined {
  const bytes = bytesOf(data);
  const type = isImageType(mediaType) ? mediaType : ((bytes && sniffImage(bytes)?.mime) ?? 'image/png');
  const url = addressOf(type, bytes ?? data);
  return url === undefined ? undefined : { type: 'image_url', image_url: { url } };
}

/** Files travel inline. An address of one is left out: OpenAI's API takes none. */
function filePart({ data, mediaType, filename }: Record<string, unknown>): MessagePart | undefined {
  const type = typeof mediaType === 'string' && /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType : undefined;
  if (!type) return undefined;
  const inline = typeof data === 'string' && data.startsWith('data:') ? data : undefined;
  const content = bytesOf(data) ?? (typeof data === 'string' && /^[A-Za-z0-9+/=_-]+$/.test(data) ? data : undefined);
  const file_data = inline ?? (content && toDataUrl(type, content));
  if (!file_data) return undefined;
  const name = typeof filename === 'string' && filename ? filename : `file.${type.split('/')[1]}`;
  return { type: 'file', file: { filename: name, file_data } };
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

function isImageType(type: unknown): type is string {
  return typeof type === 'string' && type.startsWith('image/');
}
