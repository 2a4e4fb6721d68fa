import type { Usage } from '../openai/schemas.js';

const OPTIONAL_COUNTS = ['cache_read_tokens', 'cache_creation_tokens', 'reasoning_tokens'] as const;

/** The usage of several requests that served one call. @returns undefined when the upstream reported none. */
export function sumUsage(usages: readonly (Usage | null | undefined)[]): Usage | undefined {
  const known = usages.filter((usage) => usage !== null && usage !== undefined);
  if (known.length === 0) return undefined;
  const total = (name: keyof Usage) => known.reduce((sum, usage) => sum + (usage[name] ?? 0), 0);
  const sum: Usage = {
    prompt_tokens: total('prompt_tokens'),
    completion_tokens: total('completion_tokens'),
    total_tokens: total('total_tokens'),
  };
  for (const name of OPTIONAL_COUNTS) {
    if (known.some((usage) => usage[name] !== undefined)) sum[name] = total(name);
  }
  return sum;
}
