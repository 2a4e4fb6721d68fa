import type { TokenCounts } from '../observe/observer.js';
import type { Usage } from '../openai/schemas.js';

/** The usage of an answer in the names of observations. */
export function tokenCounts(usage: Usage): TokenCounts {
  const { cache_read_tokens: read, cache_creation_tokens: created, reasoning_tokens: reasoning } = usage;
  return {
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    total: usage.total_tokens,
    ...(read === undefined ? {} : { cacheReadInputTokens: read }),
    ...(created === undefined ? {} : { cacheCreationInputTokens: created }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}
