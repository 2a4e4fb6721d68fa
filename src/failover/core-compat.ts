import type { IAgentRuntime, ModelHandler, TextStreamResult } from '@elizaos/core';
import * as core from '@elizaos/core';
import { read } from '../core/classify/foreign.js';

/** The parts of a runtime that the guard uses beyond its public interface. */
export interface HostRuntime extends IAgentRuntime {
  models: Map<string, ModelHandler[]>;
  /** core 2.0.0-alpha only: which type's handlers really serve a type that has none of its own. */
  resolveModelRegistration?: unknown;
  /** core 2.x only: a setting that sends every text call to one size. */
  getLLMMode?(): string;
}

/**
 * Whether this core asks the next registration when one has failed, as the core after 2.0.0-alpha does. Cores are told
 * apart by what the runtime has, not by version numbers or by what a package exports: the plugin can have a copy of core
 * of its own.
 */
export function coreFailsOver(runtime: IAgentRuntime): boolean {
  return 'supportsModelAttemptPreparation' in runtime && runtime.supportsModelAttemptPreparation === true;
}

/**
 * The error for which a core that fails over itself asks this handler: from the ledger of the call, a list of attempts that
 * the params of a handler hold under a symbol. Undefined where there is none.
 */
export function errorBefore(params: unknown): unknown {
  if (typeof params !== 'object' || params === null) return undefined;
  for (const key of Object.getOwnPropertySymbols(params)) {
    const ledger = read(params, key);
    const failed = Array.isArray(ledger)
      ? ledger.filter((attempt: unknown) => read(attempt, 'error') !== undefined).at(-1)
      : undefined;
    if (failed) return read(failed, 'error');
  }
  return undefined;
}

/** Whether handlers of other types serve a text type that has none of its own. */
function hasChains(runtime: HostRuntime): boolean {
  return coreFailsOver(runtime) || !!runtime.resolveModelRegistration || !!runtime.getLLMMode;
}

export type UseModel = (modelType: string, params: unknown, provider?: string) => Promise<unknown>;

/** The part of core's ambient streaming context that the guard uses. */
export interface StreamingContext {
  onStreamChunk?: unknown;
  onStreamEnd?: () => void;
  abortSignal?: AbortSignal;
  messageId?: string;
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

/** core 2.x's chains, for a copy of core that does not export them. */
const CHAINS: ReadonlyMap<string, readonly string[]> = new Map([
  ['TEXT_NANO', ['TEXT_NANO', 'TEXT_SMALL']],
  ['TEXT_MEDIUM', ['TEXT_MEDIUM', 'TEXT_SMALL']],
  ['TEXT_MEGA', ['TEXT_MEGA', 'TEXT_LARGE']],
  ['RESPONSE_HANDLER', ['RESPONSE_HANDLER', 'TEXT_NANO', 'TEXT_SMALL']],
  ['ACTION_PLANNER', ['ACTION_PLANNER', 'TEXT_MEDIUM', 'TEXT_SMALL']],
]);

/** The types whose handlers serve a type, nearest first. In core 1.x that is the type itself. */
export function servingTypes(runtime: HostRuntime, asked: string): readonly string[] {
  if (!hasChains(runtime)) return [asked];
  const mode = SIZED_TYPE.test(asked) ? runtime.getLLMMode?.() : undefined;
  const sized = mode === 'SMALL' || mode === 'LARGE' ? `TEXT_${mode}` : asked;
  return optional.getModelFallbackChain?.(sized) ?? CHAINS.get(sized) ?? [sized];
}

/**
 * Ends the stream of a cut attempt after another attempt has answered as a whole. Core's message service would take the
 * cut text for the beginning of an answer, ask for a continuation, and put the two together.
 */
export function endCutStream(context: StreamingContext): void {
  context.reset?.();
  context.onStreamEnd?.();
}

/** Whether core asks the handlers for a stream: by `stream`, or for a callback in the params or around the call. */
export function asksForStream(modelType: string, params: unknown, context: StreamingContext | undefined): boolean {
  if (!isTextType(modelType)) return false;
  const stream = read(params, 'stream');
  if (typeof stream === 'boolean') return stream;
  return typeof (read(params, 'onStreamChunk') ?? context?.onStreamChunk) === 'function';
}

/** True for a stream of text, in whatever form its chunks can be iterated. */
export function isTextStreamResult(value: unknown): value is TextStreamResult {
  if (typeof value !== 'object' || value === null || !('textStream' in value)) return false;
  const { textStream } = value;
  if (typeof textStream !== 'object' || textStream === null) return false;
  return Symbol.asyncIterator in textStream || Symbol.iterator in textStream || 'next' in textStream;
}

/** The text types of core 1.x and 2.x. A plugin's own type that begins with `TEXT_` is not one of them. */
const TEXT_TYPE =
  /^(?:TEXT_(?:NANO|SMALL|MEDIUM|LARGE|MEGA|COMPLETION|REASONING_(?:SMALL|LARGE))|REASONING_(?:SMALL|LARGE)|RESPONSE_HANDLER|ACTION_PLANNER)$/;

/** Model types whose handlers generate text, and may answer with a stream. */
export function isTextType(modelType: string): boolean {
  return TEXT_TYPE.test(modelType);
}

/**
 * ElizaNet's model for a text type without a handler of its own: the type at which core 2.x's own chains end. Handlers
 * must not be registered for these types: core 2.x would then stop falling back from TEXT_NANO to the primary's
 * TEXT_SMALL.
 */
export function standInType(modelType: string): 'TEXT_SMALL' | 'TEXT_LARGE' | undefined {
  if (!isTextType(modelType)) return undefined;
  return /SMALL|NANO|MEDIUM|RESPONSE_HANDLER|ACTION_PLANNER/.test(modelType) ? 'TEXT_SMALL' : 'TEXT_LARGE';
}
