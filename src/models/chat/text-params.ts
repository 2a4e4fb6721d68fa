import type { GenerateTextParams } from '@elizaos/core';

/**
 * The params of a text call: core 1.x's, and those that core 2.x adds, which are read as data of any shape.
 *
 * Not read: `model`, a name of the primary's; `providerOptions`, of which LiteLLM refuses some with a 400; `promptSegments`,
 * which repeat the text for caches; and what only local engines and speech use.
 */
export type TextParams = GenerateTextParams & {
  /** Replaces the character's system prompt. */
  system?: unknown;
  messages?: unknown;
  tools?: unknown;
  toolChoice?: unknown;
  responseSchema?: unknown;
  /** No token limit, even with `maxTokens`. */
  omitMaxTokens?: unknown;
  /** A stream is to give the arguments of tool calls in place of text. */
  streamStructured?: unknown;
};

/** True for a call whose caller expects an object in place of a string: core 2.x's rule, by which `[]` counts. */
export function isNative({ messages, tools, toolChoice, responseSchema }: TextParams): boolean {
  return !!(messages || tools || toolChoice || responseSchema);
}
