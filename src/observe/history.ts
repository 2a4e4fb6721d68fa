import type { Clock } from '../core/clock.js';
import { hasFailedOver } from './call-record.js';
import { OTHER } from './metrics/labels.js';
import type { Observation } from './observer.js';

/** The last hours, minute by minute, oldest first. Each list has a value for each minute of `at`. */
export interface HistorySnapshot {
  /** The beginnings of the minutes, in milliseconds since the epoch. */
  at: number[];
  /** By name: at most eight, others together as `other`. */
  providers: { name: string; answered: number[]; failed: number[]; latencyMs: (number | null)[] }[];
  /** Calls that another than the first provider answered. */
  failovers: number[];
  /** Calls that no provider answered, those with a placeholder vector or an unanswered text included. */
  unanswered: number[];
  inputTokens: number[];
  outputTokens: number[];
  costUsd: number[];
}

const MINUTE_MS = 60_000;
const MINUTES = 6 * 60;
const MAX_PROVIDERS = 8;

function bump(column: Float64Array, slot: number, by: number): void {
  column[slot] = (column[slot] ?? 0) + by;
}

const COMMON = ['failovers', 'unanswered', 'inputTokens', 'outputTokens', 'costUsd'] as const;
const OF_PROVIDER = ['answered', 'failed', 'latencySumMs'] as const;
type Columns<Name extends string> = Record<Name, Float64Array>;

function columns<Name extends string>(names: readonly Name[]): Columns<Name> {
  return Object.fromEntries(names.map((name) => [name, new Float64Array(MINUTES)])) as Columns<Name>;
}

/** What happened in each of the last six hours' minutes, in memory of a fixed size: about 150 kB when all is in use. */
export class History {
  readonly #common = columns(COMMON);
  readonly #providers = new Map<string, Columns<(typeof OF_PROVIDER)[number]>>();
  /** The newest minute, counted since the epoch by the clock as it was before it was set back. */
  #newest = 0;
  /** Minutes by which the clock was set back. */
  #setBack = 0;

  constructor(private readonly clock: Clock) {}

  readonly observe = (observation: Observation): void => {
    switch (observation.type) {
      case 'call_ended': {
        const { call } = observation;
        const { attempts, answered } = call;
        const slot = this.#slot();
        if (!answered && !call.aborted) bump(this.#common.unanswered, slot, 1);
        if (hasFailedOver(call)) bump(this.#common.failovers, slot, 1);
        for (const { provider, outcome, durationMs } of attempts) {
          if (outcome !== 'answered' && outcome !== 'failed') continue;
          const of = this.#provider(provider);
          bump(of[outcome], slot, 1);
          if (outcome === 'answered') bump(of.latencySumMs, slot, durationMs);
        }
        return;
      }
      case 'operation_completed':
      case 'comparison_completed': {
        const { tokens } = observation;
        if (!tokens) return;
        const slot = this.#slot();
        bump(this.#common.inputTokens, slot, tokens.prompt);
        bump(this.#common.outputTokens, slot, tokens.completion);
        return;
      }
      case 'cost_reported':
        bump(this.#common.costUsd, this.#slot(), observation.usd);
    }
  };

  snapshot(): HistorySnapshot {
    this.#slot();
    const minutes = Array.from({ length: MINUTES }, (_, i) => this.#newest - MINUTES + 1 + i);
    const list = (column: Float64Array) => minutes.map((minute) => column[minute % MINUTES] ?? 0);
    const providers = [...this.#providers].map(([name, { answered, failed, latencySumMs }]) => {
      const counts = list(answered);
      const latencyMs = list(latencySumMs).map((sum, i) => (counts[i] ? Math.round(sum / counts[i]) : null));
      return { name, answered: counts, failed: list(failed), latencyMs };
    });
    const { failovers, unanswered, inputTokens, outputTokens, costUsd } = this.#common;
    return {
      at: minutes.map((minute) => (minute - this.#setBack) * MINUTE_MS),
      providers,
      failovers: list(failovers),
      unanswered: list(unanswered),
      inputTokens: list(inputTokens),
      outputTokens: list(outputTokens),
      costUsd: list(costUsd),
    };
  }

  /** The place of the current minute. Minutes that have passed since the last one are emptied. */
  #slot(): number {
    const now = Math.floor(this.clock.wallNow() / MINUTE_MS);
    // Goes on from the newest minute: no minute is counted twice, and none is lost.
    this.#setBack = Math.max(this.#setBack, this.#newest - now);
    const minute = now + this.#setBack;
    const first = Math.max(this.#newest + 1, minute - MINUTES + 1);
    for (let passed = first; passed <= minute; passed++) {
      for (const of of [this.#common, ...this.#providers.values()]) {
        for (const column of Object.values(of)) column[passed % MINUTES] = 0;
      }
    }
    this.#newest = minute;
    return minute % MINUTES;
  }

  #provider(name: string): Columns<(typeof OF_PROVIDER)[number]> {
    const key = this.#providers.has(name) || this.#providers.size < MAX_PROVIDERS ? name : OTHER;
    let of = this.#providers.get(key);
    if (!of) {
      of = columns(OF_PROVIDER);
      this.#providers.set(key, of);
    }
    return of;
  }
}
