import { createHash } from 'node:crypto';

/** To be raised with the shape of cached values: rows of the agent's database outlive a version of this package. */
const VERSION = 1;

/**
 * The cache key of an answer: a hash of everything that it depends on, from which nothing of it can be read.
 * @param parts JSON values, in a fixed order.
 */
export function cacheKey(parts: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, ...parts]));
  return `elizanet-fallback:${hash.digest('hex')}`;
}
