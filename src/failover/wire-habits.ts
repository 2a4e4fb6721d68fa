import { setBounded } from '../core/bounded-map.js';
import type { KnownHosts, WireTally } from './wire-tally.js';

const MAX_HOSTS = 16;
/** A recovery that takes longer than this is a retry after a back-off, which the next target need not wait for. */
const MAX_RECOVERY_MS = 1_000;
/** The learned time is a sample; the next recovery may take somewhat longer. */
const MARGIN_RATIO = 1.5;
const MARGIN_MS = 30;

/**
 * What is known of how one provider uses the network for one model type: which hosts serve its answers, and how soon it
 * recovers by itself after a failed request (a key rotation, a region failover of its own). Learned from its answers, in
 * memory only.
 */
export class WireHabits implements KnownHosts {
  /** Hosts that answered well in an attempt that answered; undefined while the provider has not answered. */
  #serving: Map<string, true> | undefined;
  /** Hosts that failed in an attempt that answered although none of its observed requests succeeded, such as telemetry. */
  readonly #beside = new Map<string, true>();
  /** Hosts that closed the connection at the end of a response that the provider has answered from. */
  readonly #breakingOff = new Map<string, true>();
  #graceMs = 0;

  /** Whether a failure of this host concerns the provider's answers; any host may while nothing is known. */
  serves(host: string): boolean {
    if (this.#beside.has(host)) return false;
    return this.#serving === undefined || this.#serving.has(host);
  }

  breaksOffAtEnd(host: string): boolean {
    return this.#breakingOff.has(host);
  }

  /** How long to wait after a failed request before the next target is started, in milliseconds. 0 to begin with. */
  get graceMs(): number {
    return this.#graceMs;
  }

  /**
   * Learns from an attempt that has answered.
   * @param failingSince when its requests first looked like a failure, on the clock; undefined when they never did.
   */
  answered({ hosts }: WireTally, failingSince: number | undefined): void {
    const well = [...hosts].filter(([, { okCount }]) => okCount > 0);
    if (well.length > 0) this.#serving ??= new Map();
    for (const [host] of well) {
      if (this.#serving && !this.#beside.has(host)) setBounded(this.#serving, host, true, MAX_HOSTS);
    }
    for (const [host, { okCount, lastFailure, brokeOff }] of hosts) {
      if (okCount > 0 || !lastFailure) continue;
      if (brokeOff) {
        setBounded(this.#breakingOff, host, true, MAX_HOSTS);
        continue;
      }
      this.#serving?.delete(host);
      if (well.length === 0) setBounded(this.#beside, host, true, MAX_HOSTS);
    }
    if (failingSince === undefined || well.length === 0) return;
    const recoveryMs = Math.max(...well.map(([, { lastBegunAt }]) => lastBegunAt)) - failingSince;
    if (recoveryMs < 0 || recoveryMs > MAX_RECOVERY_MS) return;
    this.#graceMs = Math.max(this.#graceMs, recoveryMs * MARGIN_RATIO + MARGIN_MS);
  }

  /** The provider did not recover within the grace. */
  didNotRecover(): void {
    this.#graceMs = this.#graceMs > MARGIN_MS ? this.#graceMs / 2 : 0;
  }
}
