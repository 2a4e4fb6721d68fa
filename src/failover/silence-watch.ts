import type { Attempt } from './attempt.js';
import type { RaceRules } from './race-rules.js';

export interface SilenceWatchDeps {
  rules: RaceRules;
  /** When the attempt is given up, in milliseconds since its start; 0 = not by the watch. */
  limitMs: number;
  /** Starts the next target beside the attempt, which is then overtaken; not while the circuits of all others are open. */
  startNext(): void;
  giveUp(): void;
}

/** How long to wait before a hedge that was refused, by its budget, by open circuits or by arriving bytes, is asked for again. */
const ASK_AGAIN_MS = 1_000;

/**
 * Watches one attempt until its first output: starts the next target beside it when it has been silent for
 * too long, and gives it up at its limit. One timer at a time.
 */
export function watchSilence(attempt: Attempt, { rules, limitMs, startNext, giveUp }: SilenceWatchDeps): void {
  const limit = orNever(limitMs);
  const hedge = hedgeFor(attempt, rules);
  let isDue = false;
  const step = (silentMs: number) => {
    if (silentMs >= limit) {
      attempt.firstOutput.overdue = true;
      return giveUp();
    }
    let next = attempt.overtaken ? limit : isDue ? silentMs : hedge(silentMs);
    if (next <= silentMs && attempt.isReceivingCalls) next = silentMs + ASK_AGAIN_MS;
    if (next <= silentMs) {
      isDue = true;
      if (attempt.silence) attempt.silence = { ...attempt.silence, ms: silentMs };
      startNext();
      next = attempt.overtaken ? limit : silentMs + ASK_AGAIN_MS;
    }
    const wait = Math.min(next, limit) - silentMs;
    if (Number.isFinite(wait)) attempt.after(wait, () => attempt.isRunning && step(attempt.elapsedMs));
  };
  step(0);
}

/**
 * @returns a function of the silence so far, in milliseconds, that tells when to look again, in milliseconds since the
 * start. A time that has passed means that the next target is to be started.
 */
function hedgeFor(attempt: Attempt, { hedgeAfter, probeHedgeMs, breakers }: RaceRules): (silentMs: number) => number {
  const { permit, target } = attempt;
  // Overdue with a closed circuit: its plain calls are answered, and its streams are not, or the other way round.
  const isDoubtful = permit.probe || permit.suspect || attempt.firstOutput.overdue;
  if (isDoubtful && probeHedgeMs > 0) {
    const hedgeMs = Math.min(probeHedgeMs, hedgeAfter === 'auto' ? probeHedgeMs : orNever(hedgeAfter));
    return (silentMs) => {
      if (silentMs >= hedgeMs) attempt.silence = { ms: silentMs, usualMs: attempt.firstOutput.usualMs };
      return hedgeMs;
    };
  }
  if (hedgeAfter !== 'auto') return () => orNever(hedgeAfter);
  return (silentMs) => {
    const { firstOutput, habits } = attempt;
    // Most calls are over before the floor: those cost no look at what was learned.
    if (silentMs < firstOutput.floorMs) return firstOutput.floorMs;
    const waitMs = firstOutput.waitMs;
    if (silentMs < waitMs) return waitMs;
    // While others find the provider hanging, or after twice the wait, no budget is needed.
    const hangs = breakers.state(target.provider, target.modelType) !== 'closed' || silentMs >= 2 * waitMs;
    if (!hangs && !habits.hedges.withdraw()) return silentMs + ASK_AGAIN_MS;
    attempt.silence = { ms: silentMs, usualMs: firstOutput.usualMs };
    return silentMs;
  };
}

/** Settings say "off" and "no limit" by 0. */
function orNever(ms: number): number {
  return ms || Number.POSITIVE_INFINITY;
}
