import { createHash } from 'node:crypto';

/** Raised when what is cached under a key changes its shape: the agent's database outlives a version. */
const VERSION = 1;

/**
 * Names an answer by what it depends on. Nothing of the parts can be read in it.
 * @param parts JSON values.
 */
export function cacheKey(parts: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, ...parts]));
  return `elizanet-fallback:${hash.digest('hex')}`;
}
