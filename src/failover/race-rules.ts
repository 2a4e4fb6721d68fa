import type { BreakerRegistry } from '../core/breaker-registry.js';
import type { Clock } from '../core/clock.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import type { ExtensionHooks } from '../core/extension-points.js';
import { FAILURE_RULES, type Failure, type FailureKind } from '../core/failure-rules.js';
import type { CallRecord } from '../observe/call-record.js';
import type { StreamRules } from './stream-commit.js';
import type { Target } from './target.js';
import type { TargetHabits } from './target-habits.js';

/** Rules that are the same for every call of a runtime. */
export interface RaceRules extends StreamRules, Pick<ExtensionHooks, 'classify'> {
  breakers: BreakerRegistry;
  clock: Clock;
  fallbackOn: ReadonlySet<FailureKind>;
  /** Least wait after the wire has shown a failure, in milliseconds. */
  earlyFailover: number | 'off';
  /** When the next target is started beside one that has no output yet, in milliseconds; 0 = never; `auto` = learned. */
  hedgeAfter: number | 'auto';
  /** The same for the probe of a half-open circuit, and for a suspect provider; 0 = as `hedgeAfter`. */
  probeHedgeMs: number;
  /** What is known of a target from its earlier answers. */
  habitsOf(target: Target): TargetHabits;
  /** A value to serve when every target has failed; undefined when there is none. */
  lastResort(modelType: string, errors: readonly unknown[]): unknown;
  /** What an agent says when no provider could answer: see `unansweredText`. @default an error */
  unansweredText?: string;
  onCallEnded(call: CallRecord): void;
  /** An own endpoint has given its first output, after `ms` milliseconds. */
  onOwnOutput?(target: Target, ms: number): void;
  /** Whether a target is known to take a prompt that was too long for another one. @default never */
  takesPrompt?(target: Target, params: unknown): boolean;
}

/** Longest wait for an embedding, in milliseconds, also with a longer or no `ELIZANET_PRIMARY_TIMEOUT`. */
const EMBEDDING_TIMEOUT_MS = 30_000;

/** Longest wait for a primary's first output, in milliseconds; 0 = no limit. */
export function primaryLimitMs({ primaryTimeoutMs }: RaceRules, modelType: string): number {
  if (modelType !== 'TEXT_EMBEDDING') return primaryTimeoutMs;
  return Math.min(primaryTimeoutMs || EMBEDDING_TIMEOUT_MS, EMBEDDING_TIMEOUT_MS);
}

/**
 * Whether the next target is started beside this one when it is silent. ElizaNet's own client has a time limit, which is too
 * long where a second endpoint can answer.
 */
export function isWatched(target: Target, targets: readonly Target[]): boolean {
  return !target.own || targets.some(({ own, provider }) => own && provider !== target.provider);
}

/** Whether a failure of this kind fails over for this model type. */
export function failsOverKind({ fallbackOn }: RaceRules, modelType: string, kind: FailureKind): boolean {
  // Encoding is free and local; js-tiktoken throws on "<|endoftext|>" in a text, and ElizaNet's tokenizer takes it.
  if (modelType === 'TEXT_TOKENIZER_ENCODE') return kind !== 'user_abort';
  return FAILURE_RULES[kind].failsOver !== 'no' && fallbackOn.has(kind);
}

export interface FailedAttempt {
  target: Target;
  failure: Failure;
  error: unknown;
  /** No target was asked, or skipped because its circuit is open, before this one. */
  isFirst: boolean;
}

/** Whether a failed attempt lets the next target be asked, or decides the call. */
export function failsOver(
  rules: RaceRules,
  modelType: string,
  { target, failure, error, isFirst }: FailedAttempt,
): boolean {
  if (failure.kind === 'interrupted' && rules.onInterrupted === 'throw') return false;
  // No other provider makes up for an extension that must not be skipped.
  if (isElizaNetError(error) && error.code === 'EXTENSION_FAILED') return false;
  // A value that is no answer fails over whatever its cause is.
  if (isElizaNetError(error) && error.code === 'DISGUISED_FAILURE') return rules.fallbackOn.has('disguised');
  // Once a call is failing over, the next provider's own trouble (a refused key) is no reason to stop.
  return target.own || !isFirst || failsOverKind(rules, modelType, failure.kind);
}
