import type { IAgentRuntime, ModelHandler, TextStreamResult } from '@elizaos/core';
import * as core from '@elizaos/core';

/** What the guard needs of a runtime beyond its public interface. */
export interface HostRuntime extends IAgentRuntime {
  models: Map<string, ModelHandler[]>;
  /** core 2.x only: which type's handlers really serve a type that has none of its own. */
  resolveModelRegistration?(modelType: string): { modelKey: string } | undefined;
  /** core 2.x only: a setting that sends every text call to one size. */
  getLLMMode?(): string;
}

export type UseModel = (modelType: string, params: unknown, provider?: string) => Promise<unknown>;

/** The part of core's ambient streaming context that concerns us. */
export interface StreamingContext {
  onStreamEnd?: () => void;
  abortSignal?: AbortSignal;
  /** Forgets what has been streamed so far. */
  reset?: () => void;
}

/** Read through the namespace: core 1.x lacks the one, 2.0.0-alpha the other, and a named import would not load there. */
const optional = core as {
  getStreamingContext?(): StreamingContext | undefined;
  getModelFallbackChain?(modelType: string): string[];
};

export function streamingContext(): StreamingContext | undefined {
  return optional.getStreamingContext?.();
}

/** Text types that core 2.x's LLM mode applies to. */
const SIZED_TYPE = /^(?:TEXT_(?:NANO|SMALL|MEDIUM|LARGE|MEGA|COMPLETION)|RESPONSE_HANDLER|ACTION_PLANNER)$/;

/** The types whose handlers serve a type, nearest first. In core 1.x that is the type itself. */
export function servingTypes(runtime: HostRuntime, asked: string): readonly string[] {
  if (!runtime.resolveModelRegistration) return [asked];
  const mode = SIZED_TYPE.test(asked) ? runtime.getLLMMode?.() : undefined;
  const sized = mode === 'SMALL' || mode === 'LARGE' ? `TEXT_${mode}` : asked;
  // With two copies of core, ours may be one that has no chains to tell of.
  return optional.getModelFallbackChain?.(sized) ?? [runtime.resolveModelRegistration(sized)?.modelKey ?? sized];
}

/**
 * Ends the stream of a cut attempt whose call another one has answered as a whole. Core's message service must not find
 * the cut text there: it would ask for a continuation of it, and put the two together in place of the whole answer.
 */
export function endCutStream(context: StreamingContext): void {
  context.reset?.();
  context.onStreamEnd?.();
}

export function isTextStreamResult(value: unknown): value is TextStreamResult {
  return typeof value === 'object' && value !== null && 'textStream' in value;
}

/** Model types whose handlers may answer with a stream: every one that generates text. */
export function isTextType(modelType: string): boolean {
  return /^(?:TEXT_(?!EMBEDDING|TOKENIZER|TO_SPEECH)|REASONING_|RESPONSE_HANDLER$|ACTION_PLANNER$)/.test(modelType);
}

/**
 * ElizaNet's model for a text type it has no handler of its own for: the one at which core 2.x's own chains end. Handlers
 * for these types would not do: a type that has one is not passed down its chain any more, so that core would ask
 * ElizaNet for a TEXT_NANO in place of a healthy primary's TEXT_SMALL.
 */
export function standInType(modelType: string): 'TEXT_SMALL' | 'TEXT_LARGE' | undefined {
  if (!isTextType(modelType)) return undefined;
  return /SMALL|NANO|MEDIUM|RESPONSE_HANDLER|ACTION_PLANNER/.test(modelType) ? 'TEXT_SMALL' : 'TEXT_LARGE';
}

/** Model types that are served within the process, by whoever has the model's vocabulary. */
export function isTokenizerType(modelType: string): boolean {
  return modelType === 'TEXT_TOKENIZER_ENCODE' || modelType === 'TEXT_TOKENIZER_DECODE';
}
