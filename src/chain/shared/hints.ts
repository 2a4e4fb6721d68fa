import { isRecord } from '../../core/is-record.js';

/**
 * What one agent reports to the others about one circuit. `failed`: a failure that counts. `refused`: the provider has said that
 * it does not serve this account for a time. `reopened`: a probe failed. `probing`: a probe begins. `answered`: an
 * attempt succeeded after failures that counted. `recovered`: a probe succeeded.
 */
const HINT_KINDS = ['failed', 'refused', 'reopened', 'probing', 'answered', 'recovered'] as const;

export interface Hint {
  /** The agent that reports it: a random ID. */
  from: string;
  kind: (typeof HINT_KINDS)[number];
  /** Undefined for the provider as a whole. */
  modelType?: string;
  /** How long the circuit is to stay open, in milliseconds. A duration: the clocks of two hosts differ. @default 0 */
  forMs?: number;
}

export const encodeHint = (hint: Hint): string => JSON.stringify(hint);

/** @returns undefined for what is not a hint, such as that of another version. */
export function decodeHint(message: string): Hint | undefined {
  const read = readObject(message);
  const { from, modelType } = read ?? {};
  const kind = HINT_KINDS.find((known) => known === read?.kind);
  if (!kind || typeof from !== 'string') return undefined;
  if (modelType !== undefined && typeof modelType !== 'string') return undefined;
  return { from, kind, modelType, forMs: asDuration(read?.forMs) };
}

function readObject(message: string): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(message);
    return isRecord(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function asDuration(value: unknown): number {
  return typeof value === 'number' && value > 0 && value < 2 ** 31 ? Math.floor(value) : 0;
}
