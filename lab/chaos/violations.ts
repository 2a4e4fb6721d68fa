import { isElizaNetError } from '../../src/core/elizanet-error.js';
import { type CallOutcome, isStream } from './make-call.js';
import type { Run } from './run.js';
import { PRIMARY_NAMES } from './scenario.js';
import { type Asked, DIMENSIONS } from './world.js';

/** Above the sum of the limits of one call's attempts, in milliseconds. */
const BOUND_MS = 600_000;

/** @param core 'next' has error objects of its own. @returns what a run shows that must not be, in words; none when all is well. */
export function violationsOf(run: Run, core: 'published' | 'next' = 'published'): string[] {
  const found: string[] = [];
  const { world, timersLeft, heldOut, unhandled, inFlight, restedAfterMs } = run;
  if (restedAfterMs === undefined) found.push('something goes on for ever');
  // Without the guard a provider's own rejections are its own.
  const isGuarded = run.outcomes.every(({ guarded }) => guarded);
  const orphans = unhandled.filter((error) => isGuarded || !world.thrown.has(error));
  if (orphans.length > 0) found.push(`unhandled: ${orphans.map(String).join()}`);
  if (timersLeft.atRest > 0 || timersLeft.stopped > 0) found.push(`timers left: ${JSON.stringify(timersLeft)}`);
  if (heldOut.length > 0) found.push(`no permit for ${heldOut.join()}`);
  if (run.stopTookMs !== 0) found.push(`the agent stops after ${run.stopTookMs} ms: a connection is not free`);
  if (inFlight !== 0) found.push(`${inFlight} requests in flight`);
  for (const outcome of run.outcomes) {
    for (const text of [...ofCall(run, outcome, core)]) found.push(`call ${outcome.number}: ${text}`);
  }
  for (const text of ofRecords(run)) found.push(text);
  if (world.foreignTimers < 0) found.push('timers are miscounted');
  return found;
}

function* ofCall(run: Run, outcome: CallOutcome, core: 'published' | 'next'): Generator<string> {
  const { world, scenario } = run;
  const { call, settled, aborted, chunks, read, number, startedAt } = outcome;
  const isStraight = !outcome.guarded || (scenario.endpoints.length === 0 && scenario.primaries.length === 1);
  const asked = world.asked.filter((other) => other.own || other.call === number);
  if (!settled) {
    if (!isStraight) yield 'is never settled';
    return;
  }
  if (!isStraight && settled.at - startedAt > BOUND_MS) yield `took ${settled.at - startedAt} ms`;
  if (outcome.chunksAfterEnd > 0) yield 'had chunks after its end';
  if (aborted?.before && !isStraight) {
    if (settled.error?.is !== aborted.reason) yield 'does not reject with the reason of its abort';
    if (settled.at !== aborted.at) yield `goes on for ${settled.at - aborted.at} ms after its abort`;
  }
  const given = chunks.join('');
  if (given && !asked.some(({ text }) => text.startsWith(given))) yield `chunks of several: ${given}`;
  if (settled.error) {
    if (!isKnown(run, settled.error.is, outcome, core)) yield `fails with ${String(settled.error.is)}`;
    return;
  }
  if (isStraight) return;
  const keeps = scenario.settings.ELIZANET_ON_INTERRUPTED === 'keep';
  if (isStream(settled.value)) {
    if (!read) {
      if (call.how !== 'never') yield 'has a stream whose reading never ends';
      return;
    }
    const { text, left, error } = read;
    if (!asked.some((other) => other.text.startsWith(text))) yield `a stream of several: ${text}`;
    if (error && !isKnown(run, error.is, outcome, core)) yield `a stream fails with ${String(error.is)}`;
    if (!error && !left && !keeps && !isWhole(asked, text)) yield `a stream ends early: ${text}`;
    return;
  }
  const answer = textOf(settled.value, world.asked);
  if (answer === undefined) yield `is answered with ${JSON.stringify(settled.value)}`;
  else if (!isWhole(asked, answer) && !(keeps && asked.some(({ text }) => text.startsWith(answer)))) {
    yield `is answered with the part ${JSON.stringify(answer)}`;
  }
  const healthy = healthyFirst(run);
  if (healthy && answer !== undefined && !answer.startsWith(`${healthy}/`)) yield `bypasses ${healthy}: ${answer}`;
}

const APOLOGY = 'Error generating text. Please try again later.';

function isWhole(asked: readonly Asked[], answer: string): boolean {
  const isApology = answer === APOLOGY;
  return asked.some((other) => other.isWhole && (isApology ? other.provider === 'third' : other.text === answer));
}

/** @returns the text of an answer; undefined for what is none. */
function textOf(value: unknown, asked: readonly Asked[]): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === DIMENSIONS ? asked[Number(value[0]) - 1]?.text : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.keys(value).length === 0) return '';
  const { by } = value as { by?: unknown };
  return typeof by === 'string' ? by : undefined;
}

function isKnown({ world }: Run, error: unknown, { aborted }: CallOutcome, core: 'published' | 'next'): boolean {
  if (world.thrown.has(error) || isElizaNetError(error) || (aborted && error === aborted.reason)) return true;
  if (core === 'published') return false;
  const { cause, code, name } = (error ?? {}) as { cause?: unknown; code?: unknown; name?: unknown };
  if (code === 'MODEL_PROVIDER_FAILED' || name === 'ProviderFailure') return true;
  if (error instanceof TypeError && /returned no result/.test(error.message)) return true;
  return (
    code === 'MODEL_OUTPUT_INCOMPLETE' || (cause !== undefined && (world.thrown.has(cause) || isElizaNetError(cause)))
  );
}

/** The first primary, if it answers every call at once, and nothing but its own health decides whether it is asked. */
function healthyFirst({ scenario }: Run): string | undefined {
  const { primaries, moves, settings } = scenario;
  if (settings.ELIZANET_DRILL !== 'off' || moves.some(({ isolates }) => isolates)) return undefined;
  const isHealthy = primaries[0]?.every(
    (behaviour) => behaviour.kind === 'answer' && behaviour.afterMs < 1_000 && behaviour.gapMs <= 2_000,
  );
  return isHealthy ? PRIMARY_NAMES[0] : undefined;
}

function* ofRecords({ records, outcomes, world, scenario }: Run): Generator<string> {
  const ids = records.map(({ id }) => id);
  if (new Set(ids).size < ids.length) yield 'a call has ended twice';
  const isStraight = scenario.endpoints.length === 0 && scenario.primaries.length === 1;
  const raced = isStraight ? [] : outcomes.filter(({ guarded }) => guarded);
  if (records.length !== raced.length) yield `${records.length} ends of ${raced.length} calls`;
  for (const { id, modelType, attempts, answered } of records) {
    const ofCall = world.asked.filter(({ callId, own }) => callId === id && !own);
    const number = ofCall[0]?.call;
    // Its text may be embedded by several, to compare their vectors.
    if (modelType === 'TEXT_EMBEDDING') continue;
    if (ofCall.some(({ call }) => call !== number)) yield `record ${id} is of several calls`;
    for (const name of PRIMARY_NAMES) {
      const told = attempts.filter(({ provider, outcome }) => provider === name && outcome !== 'skipped').length;
      const seen = ofCall.filter(({ provider }) => provider === name).length;
      if (told !== seen) yield `the record of call ${number} tells ${told} attempts of ${name}, which has seen ${seen}`;
    }
    if (attempts.filter(({ outcome }) => outcome === 'answered').length > 1) yield `two answers of call ${number}`;
    const outcome = outcomes.find((other) => other.number === number);
    const value = outcome?.settled?.value;
    if (outcome?.settled && !isStream(value) && answered !== (outcome.settled.error === undefined)) {
      yield `the record of call ${number} says answered: ${answered}`;
    }
  }
}
