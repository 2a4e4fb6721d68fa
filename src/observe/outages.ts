import type { BreakerStateName } from '../core/circuit-breaker.js';
import type { Clock } from '../core/clock.js';
import type { FailureKind } from '../core/failure-rules.js';
import type { Observation } from './observer.js';

/** The time in which a circuit was not closed. All times are in milliseconds since the epoch. */
export interface OutageRecord {
  provider: string;
  /** Absent when the circuit of the whole provider is meant. */
  modelType?: string;
  /** `closed` once it is over. */
  state: BreakerStateName;
  from: number;
  /** Absent while it goes on. */
  to?: number;
  /** The kind of the failure that opened the circuit last; absent when another process reported it. */
  reason?: FailureKind;
  statusCode?: number;
}

const KEPT_OUTAGES = 100;
/** The two clocks are rounded, and drift. */
const ROUNDING_MS = 1_000;

/** The outages of one runtime that go on, and the last ones that have ended. */
export class Outages {
  /** As many as there are circuits at most. */
  readonly #current: OutageRecord[] = [];
  /** When they began, on `clock.now()`: the system's clock may be set meanwhile. */
  readonly #startedAt = new Map<OutageRecord, number>();
  readonly #ended: OutageRecord[] = [];

  constructor(private readonly clock: Clock) {}

  readonly observe = (observation: Observation): void => {
    if (observation.type !== 'circuit_changed') return;
    const { provider, modelType, state, failure } = observation;
    const index = this.#current.findIndex((each) => each.provider === provider && each.modelType === modelType);
    const current = this.#current[index];
    const now = this.clock.wallNow();
    if (state === 'closed') {
      if (!current) return;
      this.#current.splice(index, 1);
      this.#ended.push({ ...this.#dated(current), state, to: now });
      this.#startedAt.delete(current);
      if (this.#ended.length > KEPT_OUTAGES) this.#ended.shift();
      return;
    }
    const outage = current ?? { provider, modelType, state, from: now };
    outage.state = state;
    if (state === 'open') Object.assign(outage, { reason: failure?.kind, statusCode: failure?.statusCode });
    if (current) return;
    this.#current.push(outage);
    this.#startedAt.set(outage, this.clock.now());
  };

  /** Those that have ended first, in the order of their ends; then those that go on, in the order of their beginnings. */
  get all(): readonly OutageRecord[] {
    return [...this.#ended.map((outage) => ({ ...outage })), ...this.current];
  }

  get current(): readonly OutageRecord[] {
    return this.#current.map((outage) => this.#dated(outage));
  }

  /** Its beginning on the system's clock as it is now. */
  #dated(outage: OutageRecord): OutageRecord {
    const from = this.clock.wallNow() - (this.clock.now() - (this.#startedAt.get(outage) ?? 0));
    const wasSet = Math.abs(from - outage.from) > ROUNDING_MS;
    return { ...outage, from: wasSet ? from : outage.from };
  }
}
