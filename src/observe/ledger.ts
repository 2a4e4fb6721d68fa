import { type CallRecord, isRoutine } from './call-record.js';
import type { Observation } from './observer.js';

const KEPT_CALLS = 100;

/** The last calls of one runtime that failed over or failed, oldest first. */
export class Ledger {
  readonly #calls: CallRecord[] = [];

  readonly observe = (observation: Observation): void => {
    if (observation.type !== 'call_ended' || isRoutine(observation.call)) return;
    this.#calls.push(observation.call);
    if (this.#calls.length > KEPT_CALLS) this.#calls.shift();
  };

  get calls(): readonly CallRecord[] {
    return [...this.#calls];
  }

  get last(): CallRecord | undefined {
    return this.#calls.at(-1);
  }
}
