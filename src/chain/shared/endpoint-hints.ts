import { isRecord } from '../../core/is-record.js';

/**
 * What one agent tells the others of an endpoint. `limited`: it refused a request for a time, by a rate limit. `failing`: a
 * circuit of it has opened by failures.
 */
export type EndpointHint =
  | { from: string; kind: 'failing' }
  | {
      from: string;
      kind: 'limited';
      model: string;
      /** In milliseconds. */
      forMs: number;
    };

export const encodeEndpointHint = (hint: EndpointHint): string => JSON.stringify(hint);

/** @returns undefined for what is not a hint, such as that of another version. */
export function decodeEndpointHint(message: string): EndpointHint | undefined {
  try {
    const read: unknown = JSON.parse(message);
    if (!isRecord(read) || typeof read.from !== 'string') return undefined;
    const { from, kind, model, forMs } = read;
    if (kind === 'failing') return { from, kind };
    if (kind !== 'limited' || typeof model !== 'string' || typeof forMs !== 'number') return undefined;
    return forMs > 0 && forMs < 2 ** 31 ? { from, kind, model, forMs } : undefined;
  } catch {
    return undefined;
  }
}
