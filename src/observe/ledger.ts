import type { AttemptRecord } from '../core/failover-errors.js';

/** A call that did not go to its first provider as usual: what was tried for it. */
export interface CallRecord {
  /** The type the agent asked for. */
  modelType: string;
  /** When the call ended, in milliseconds since the epoch. */
  endedAt: number;
  answered: boolean;
  attempts: readonly AttemptRecord[];
}

const KEPT_CALLS = 100;

/** The last failed-over or failed calls of one runtime, newest last. Healthy calls leave no trace. */
export class Ledger {
  readonly #calls: CallRecord[] = [];

  add(call: CallRecord): void {
    this.#calls.push(call);
    if (this.#calls.length > KEPT_CALLS) this.#calls.shift();
  }

  get calls(): readonly CallRecord[] {
    return [...this.#calls];
  }

  get last(): CallRecord | undefined {
    return this.#calls.at(-1);
  }
}
