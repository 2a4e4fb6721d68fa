import type { ResponseHeaders } from './transport.js';

/**
 * Headers as undici hands them on: name, value, name, value. undici's own parsing puts them on a plain object, where
 * `constructor` is taken, and converts all of them, of which only a few are read.
 */
export class RawHeaders implements ResponseHeaders {
  constructor(private readonly raw: readonly Buffer[]) {}

  get(name: string): string | null {
    let value: string | null = null;
    for (let i = 0; i + 1 < this.raw.length; i += 2) {
      const key = this.raw[i] as Buffer;
      if (key.byteLength !== name.length || key.toString('latin1').toLowerCase() !== name) continue;
      value = value === null ? String(this.raw[i + 1]) : `${value}, ${this.raw[i + 1]}`;
    }
    return value;
  }
}
