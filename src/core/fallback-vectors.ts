/**
 * First component of the specification's fallback vectors, by the reason why there is no real vector; all other
 * components are zero. `NULL_INPUT` and `EMPTY_TEXT` are answers without a request, the other two replace a failed one.
 */
const MARKS = { NULL_INPUT: 0.1, EMPTY_TEXT: 0.3, API_ERROR: 0.4, NETWORK_ERROR: 0.6 } as const;

export type FallbackVectorReason = keyof typeof MARKS;

/** @returns a new `number[]` of length `dimensions`. */
export function fallbackVector(reason: FallbackVectorReason, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  vector[0] = MARKS[reason];
  return vector;
}
