/**
 * The vectors of the specification: zero but for the first component, which tells why there is no real vector.
 * `NULL_INPUT` and `EMPTY_TEXT` answer without a request; the other two stand in for a failed one.
 */
const MARKS = { NULL_INPUT: 0.1, EMPTY_TEXT: 0.3, API_ERROR: 0.4, NETWORK_ERROR: 0.6 } as const;

export type FallbackVectorReason = keyof typeof MARKS;

/** @returns `number[]` of length `dimensions`, a fresh array each time. */
export function fallbackVector(reason: FallbackVectorReason, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  vector[0] = MARKS[reason];
  return vector;
}
