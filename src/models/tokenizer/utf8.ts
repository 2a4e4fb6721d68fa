/** UTF-8 whose bytes can be read four at a time, also past its end. */
export interface Utf8 {
  readonly bytes: Uint8Array;
  /** The same bytes and at least eight more. */
  readonly words: DataView;
}

const encoder = new TextEncoder();

/** Room for that many bytes, all 0. */
export function allocateUtf8(length: number): Utf8 {
  const buffer = new ArrayBuffer(length + 8);
  return { bytes: new Uint8Array(buffer, 0, length), words: new DataView(buffer) };
}

/** The UTF-8 of a text. A lone surrogate becomes U+FFFD, as it does for tiktoken. */
export function encodeUtf8(text: string): Utf8 {
  const { bytes, words } = allocateUtf8(text.length * 3);
  const { written } = encoder.encodeInto(text, bytes);
  return { bytes: bytes.subarray(0, written), words };
}
