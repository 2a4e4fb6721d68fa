import { responseTooLarge } from './invalid-response.js';
import type { RequestContext } from './request-context.js';
import type { Body } from './transport/transport.js';

/**
 * Reads a whole body.
 * @throws {InvalidResponseError} as soon as more than `limitBytes` have arrived; the rest is not read.
 */
export async function readBytes(body: Body, limitBytes: number, context: RequestContext): Promise<Buffer> {
  const { bytes, isCut } = await readUpTo(body, limitBytes);
  if (isCut) throw responseTooLarge(limitBytes, context);
  return bytes;
}

/** Reads a whole body as UTF-8 text. @throws as `readBytes` does. */
export async function readText(body: Body, limitBytes: number, context: RequestContext): Promise<string> {
  return textOf(await readBytes(body, limitBytes, context));
}

/** Reads the first `limitBytes` of a body as UTF-8 text. A longer body is destroyed after that. */
export async function readStart(body: Body, limitBytes: number): Promise<string> {
  return textOf((await readUpTo(body, limitBytes)).bytes);
}

const decoder = new TextDecoder();

/** Decodes UTF-8, without a byte order mark. Invalid bytes become U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
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
