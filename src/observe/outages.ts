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

/** The last outages of one runtime, those that go on included, oldest first. */
export class Outages {
  readonly #all: OutageRecord[] = [];

  constructor(private readonly clock: Clock) {}

  readonly observe = (observation: Observation): void => {
    if (observation.type !== 'circuit_changed') return;
    const { provider, modelType, state, failure } = observation;
    const current = this.#all.find((each) => each.to === undefined && isCircuit(each, provider, modelType));
    const now = this.clock.wallNow();
    if (state === 'closed') {
      if (current) Object.assign(current, { state, to: now });
      return;
    }
    const outage = current ?? { provider, modelType, state, from: now };
    outage.state = state;
    if (state === 'open') Object.assign(outage, { reason: failure?.kind, statusCode: failure?.statusCode });
    if (current) return;
    this.#all.push(outage);
    if (this.#all.length > KEPT_OUTAGES) this.#all.shift();
  };

  get all(): readonly OutageRecord[] {
    return this.#all.map((outage) => ({ ...outage }));
  }

  get current(): readonly OutageRecord[] {
    return this.all.filter(({ to }) => to === undefined);
  }
}

function isCircuit(outage: OutageRecord, provider: string, modelType: string | undefined): boolean {
  return outage.provider === provider && outage.modelType === modelType;
}
