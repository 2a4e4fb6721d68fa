import { AsyncResource } from 'node:async_hooks';
import type { Failure } from '../core/failure-rules.js';

/** Runs something in the async context in which an attempt makes its requests, and so in the caller's. */
export type InContext = (run: () => void) => void;

/**
 * What became of a request: a good response, which may still break off; bytes of its body; a redirect, which decides
 * nothing; a failure.
 */
export type RequestEvent = 'ok' | 'bytes' | 'redirected' | Failure;

/** What is known of the hosts that a provider uses. */
export interface KnownHosts {
  /** Whether a failure of this host concerns the provider's answers. */
  serves(host: string): boolean;
  /** Whether responses of this host have broken off although they were whole. */
  breaksOffAtEnd(host: string): boolean;
}

/** How the requests of one attempt to one host have gone. */
export interface HostTally {
  inFlight: number;
  /** Good responses that have not broken off. */
  okCount: number;
  /** Cleared by a good response. */
  lastFailure: Failure | undefined;
  /** The last failure was a good response that broke off. */
  brokeOff: boolean;
  /** When the last request that was answered well, or is in flight, began; on the clock. */
  lastBegunAt: number;
}

/** What the wire has shown of one attempt's HTTP requests: how each ended, by host, and nothing else of them. */
export class WireTally {
  readonly hosts = new Map<string, HostTally>();
  /** When a good response, or bytes of its body, last arrived; on the clock. */
  lastByteAt: number | undefined;
  #inContext: InContext | undefined;

  /**
   * @param isAlive whether the attempt still runs: failures of requests that it begins later are not told.
   * @param onFailure is called for each failed request.
   */
  constructor(
    private readonly now: () => number,
    private readonly isAlive: () => boolean,
    private readonly onFailure: (inContext: InContext) => void,
  ) {}

  /** Whether a request was answered well, and none is under way. */
  get answered(): boolean {
    const hosts = [...this.hosts.values()];
    return hosts.every(({ inFlight }) => inFlight === 0) && hosts.some(({ okCount }) => okCount > 0);
  }

  /** Whether the last failure of a host was a good response that broke off; the attempt may have had all it needs. */
  get brokeOff(): boolean {
    return [...this.hosts.values()].some(({ brokeOff }) => brokeOff);
  }

  /**
   * Set while every request so far to the hosts in question has ended, and none of them well. One in flight may still
   * bring the answer; one that went well may have brought it.
   */
  failing(known: KnownHosts): Failure | undefined {
    let failure: Failure | undefined;
    for (const [host, { inFlight, okCount, lastFailure, brokeOff }] of this.hosts) {
      if (!known.serves(host)) continue;
      if (inFlight > 0 || okCount > 0 || (brokeOff && known.breaksOffAtEnd(host))) return undefined;
      failure = lastFailure ?? failure;
    }
    return failure;
  }

  /** To be called in the context that makes the request. @returns the function that takes its events; its end is final. */
  begin(host: string): (event: RequestEvent) => void {
    const tally = this.#tallyOf(host);
    tally.inFlight++;
    tally.lastBegunAt = this.now();
    const alive = this.isAlive();
    // A response arrives in the context of its socket, which others share. This is the last moment to keep ours.
    this.#inContext ??= AsyncResource.bind((run: () => void) => run());
    const inContext = this.#inContext;
    let last: RequestEvent | undefined;
    return (event) => {
      if (event === 'bytes') {
        if (last === 'ok') this.lastByteAt = this.now();
        return;
      }
      // After a good response only its breaking off counts: a reader that has enough of it cancels it.
      const brokeOff = last === 'ok' && typeof event === 'object' && event.kind === 'network';
      if (last !== undefined && !brokeOff) return;
      if (last === 'ok') tally.okCount--;
      else tally.inFlight--;
      last = event;
      if (event === 'ok') {
        this.lastByteAt = this.now();
        tally.okCount++;
        tally.lastFailure = undefined;
        tally.brokeOff = false;
      } else if (event !== 'redirected') {
        tally.lastFailure = event;
        tally.brokeOff = brokeOff;
        if (alive) this.onFailure(inContext);
      }
    };
  }

  #tallyOf(host: string): HostTally {
    let tally = this.hosts.get(host);
    if (!tally) {
      tally = { inFlight: 0, okCount: 0, lastFailure: undefined, brokeOff: false, lastBegunAt: 0 };
      this.hosts.set(host, tally);
    }
    return tally;
  }
}
