import { responseTooLarge } from '../core/errors.js';
import type { RequestContext } from './request-context.js';
import type { Body } from './transport/transport.js';

/**
 * Reads a whole body.
 * @throws {InvalidResponseError} as soon as more than `limitBytes` have come; the rest is not read.
 */
export async function readBytes(body: Body, limitBytes: number, context?: RequestContext): Promise<Buffer> {
  const { bytes, isCut } = await readUpTo(body, limitBytes);
  if (isCut) throw responseTooLarge(limitBytes, context);
  return bytes;
}

/** The same as text, without a byte order mark. */
export async function readText(body: Body, limitBytes: number, context?: RequestContext): Promise<string> {
  return textOf(await readBytes(body, limitBytes, context));
}

/** Reads the first `limitBytes` as text and lets the rest go. */
export async function readStart(body: Body, limitBytes: number): Promise<string> {
  return textOf((await readUpTo(body, limitBytes)).bytes);
}

async function readUpTo(body: Body, limitBytes: number): Promise<{ bytes: Buffer; isCut: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let chunk = await body.next(); chunk; chunk = await body.next()) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size <= limitBytes) continue;
    body.destroy();
    return { bytes: Buffer.concat(chunks).subarray(0, limitBytes), isCut: true };
  }
  return { bytes: Buffer.concat(chunks, size), isCut: false };
}

/** UTF-8 without a byte order mark. */
export function textOf(bytes: Buffer): string {
  return withoutMark(bytes.toString('utf8'));
}

/** A text that does not begin with a byte order mark. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
