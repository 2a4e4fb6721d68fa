import { AsyncResource } from 'node:async_hooks';
import type { Failure } from '../core/failure-rules.js';

/** Runs something in the async context in which an attempt makes its requests, and so in the caller's. */
export type InContext = (run: () => void) => void;

/**
 * What has become of a request: a good response, which may still break off; a redirect, which says nothing; a failure.
 */
export type RequestNews = 'well' | 'redirected' | Failure;

/** What the wire has shown of one attempt's HTTP requests: how each ended, and nothing else of them. */
export class WireLog {
  #inFlight = 0;
  #wellCount = 0;
  #lastFailure: Failure | undefined;
  #inContext: InContext | undefined;

  /** @param onFailing is told each time the log turns to failing; see `failing`. */
  constructor(private readonly onFailing: (failure: Failure, inContext: InContext) => void) {}

  /**
   * Set while every request so far has ended and none went well. One in flight may still bring the answer; one that
   * went well may have, whatever became of the others (telemetry to a dead host, say).
   */
  get failing(): Failure | undefined {
    return this.#inFlight === 0 && this.#wellCount === 0 ? this.#lastFailure : undefined;
  }

  /** Whether a request has been answered well, and none is under way. */
  get answered(): boolean {
    return this.#inFlight === 0 && this.#wellCount > 0;
  }

  /** To be called in the context that makes the request. @returns what to call with news of it; its end is final. */
  begin(): (news: RequestNews) => void {
    this.#inFlight++;
    // Responses arrive in the context of a socket that others share; this is the last moment to remember ours.
    this.#inContext ??= AsyncResource.bind((run: () => void) => run());
    let last: RequestNews | undefined;
    return (news) => {
      // After a good response only its breaking off is news: who has read enough of it cancels it.
      const brokeOff = last === 'well' && typeof news === 'object' && news.kind === 'network';
      if (last !== undefined && !brokeOff) return;
      if (last === 'well') this.#wellCount--;
      else this.#inFlight--;
      last = news;
      if (news === 'well') this.#wellCount++;
      else if (news !== 'redirected') this.#lastFailure = news;
      const { failing } = this;
      if (failing && this.#inContext) this.onFailing(failing, this.#inContext);
    };
  }
}
