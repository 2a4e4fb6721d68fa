import type { Usage } from '../../openai/schemas.js';

/** Splits the usage of a batch by the lengths of its texts. The shares add up to the whole. */
export function shareUsage(usage: Usage | null | undefined, texts: readonly string[]): Usage[] | undefined {
  if (!usage) return undefined;
  const whole = texts.reduce((sum, { length }) => sum + length, 0);
  let before = 0;
  return texts.map(({ length }) => {
    const upTo = (tokens: number, chars: number) => Math.round((tokens * chars) / whole);
    const share = (tokens: number) => upTo(tokens, before + length) - upTo(tokens, before);
    const own = mapUsage(usage, share);
    before += length;
    return own;
  });
}

/** The share of each of several callers of one text. */
export function portionOfUsage(usage: Usage, sharedBy: number): Usage {
  return mapUsage(usage, (tokens) => Math.round(tokens / sharedBy));
}

function mapUsage({ prompt_tokens, completion_tokens, total_tokens }: Usage, map: (tokens: number) => number): Usage {
  return {
    prompt_tokens: map(prompt_tokens),
    completion_tokens: map(completion_tokens),
    total_tokens: map(total_tokens),
  };
}
