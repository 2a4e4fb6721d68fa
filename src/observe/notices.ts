import type { Clock } from '../core/clock.js';
import { describeDuration } from '../core/describe-duration.js';
import type { FailureKind } from '../core/failure-rules.js';
import { displayName } from '../core/provider-name.js';
import type { CircuitChange, Observation } from './observer.js';

/** Payload of `ELIZANET_OUTAGE_NOTICE`. */
export interface OutageNotice {
  state: 'began' | 'ended';
  provider: string;
  /** The failure that opened the circuit; only for `began`, and absent when another process reported it. */
  reason?: FailureKind;
  statusCode?: number;
  /** Only for `ended`, in milliseconds. */
  durationMs?: number;
  /** The notice as a sentence. */
  text: string;
}

/** A provider that fails again and again is announced once in this time. */
const COOLDOWN_MS = 10 * 60_000;

interface Outage {
  /** Model types whose circuits are open; `''` for the circuit of the whole provider. */
  open: Set<string>;
  startedAt: number;
  change: CircuitChange;
  announced: boolean;
}

/**
 * Announces outages of providers: their beginning, and the end of those whose beginning was announced. Holds no timer: an
 * outage that is held back by the cooldown is announced with the next call after it.
 */
export class Notices {
  readonly #outages = new Map<string, Outage>();
  /** When the last outage of a provider was announced. */
  readonly #announcedAt = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly announce: (notice: OutageNotice) => void,
  ) {}

  readonly observe = (observation: Observation): void => {
    if (observation.type === 'call_ended') {
      for (const outage of this.#outages.values()) this.#began(outage);
    } else if (observation.type === 'circuit_changed') this.#changed(observation);
  };

  #changed(change: CircuitChange): void {
    const { provider, modelType = '', state } = change;
    const outage = this.#outages.get(provider);
    if (state === 'open') {
      outage?.open.add(modelType);
      if (outage) return;
      const began = { open: new Set([modelType]), startedAt: this.clock.now(), change, announced: false };
      this.#outages.set(provider, began);
      return this.#began(began);
    }
    if (state !== 'closed' || !outage?.open.delete(modelType) || outage.open.size > 0) return;
    this.#outages.delete(provider);
    if (!outage.announced) return;
    const durationMs = this.clock.now() - outage.startedAt;
    const text = `${displayName(provider)} works again after ${describeDuration(durationMs)}`;
    this.announce({ state: 'ended', provider, durationMs, text });
  }

  #began(outage: Outage): void {
    const { provider, failure, own } = outage.change;
    const now = this.clock.now();
    const last = this.#announcedAt.get(provider) ?? Number.NEGATIVE_INFINITY;
    if (outage.announced || now - last < COOLDOWN_MS) return;
    outage.announced = true;
    this.#announcedAt.set(provider, now);
    const cause = [failure?.kind, failure?.statusCode].filter((part) => part !== undefined).join(' ');
    const text = `${displayName(provider)} is failing${cause && ` (${cause})`}; ${own ? 'it could not answer for a primary now' : 'its calls go to the next provider'}`;
    this.announce({ state: 'began', provider, reason: failure?.kind, statusCode: failure?.statusCode, text });
  }
}
