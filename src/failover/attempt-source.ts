import type { ProviderPermit } from '../core/breaker-registry.js';
import type { ProviderError } from '../core/failover-errors.js';
import type { Attempt } from './attempt.js';
import type { Target } from './target.js';

/** What starts the attempts of a race, and in which order. */
export interface AttemptSource {
  /** Targets that were not asked because their circuit is open. */
  readonly skipped: readonly Target[];
  /** Attempts follow each other without the race's doing. `Race.exhausted` tells it when that is over. */
  readonly isBusy: boolean;
  /** Only `askAgain` can make it start another one. */
  readonly isEmpty: boolean;
  /** Whether this attempt is at the target that was to be asked first. */
  isFirst(attempt: Attempt): boolean;
  /** @param running an attempt goes on. @returns false when there is none to start. */
  startNext(running: boolean): boolean;
  /** Lets a target be asked once more, after all others. */
  askAgain(target: Target): void;
}

/** What a source can do with its race. */
export interface RaceControls {
  /** Another attempt, or an error, may still decide the call. */
  readonly isAsking: boolean;
  /** An error that must not fail over: it decides the call, unless an attempt under way answers. */
  readonly verdict: { error: unknown } | undefined;
  /** Chunks of a cut stream were delivered: a later attempt must deliver none. */
  readonly quiet: boolean;
  /** Asks a target by a call of its own. @returns the outcome, which the race has a handler for. */
  start(target: Target, permit: ProviderPermit): Promise<unknown>;
  /** Notes an attempt, whose outcome is told by `answered` or `failed`, and limits its time. */
  begin(target: Target, permit: ProviderPermit): Attempt;
  answered(attempt: Attempt, value: unknown): void;
  failed(attempt: Attempt, error: unknown): void;
  /**
   * The source is no longer busy, and has nothing to tell of an attempt.
   * @param failed an error that was no attempt's, and the provider in whose place it came. It fails over by its kind.
   */
  exhausted(failed?: ProviderError): void;
}
