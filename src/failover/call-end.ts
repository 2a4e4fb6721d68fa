import type { Clock } from '../core/clock.js';
import type { CallNote, CallRecord } from '../observe/call-record.js';
import type { AttemptLog } from './attempt-log.js';
import type { RaceCall } from './race-call.js';
import type { RaceRules } from './race-rules.js';

const ignore = () => {};

/**
 * The end of one call: its promise, which is settled once, and its record, which is told once the call is over. A raw
 * stream goes on after its promise.
 */
export class CallEnd {
  /** A raw stream goes on. */
  #streams = false;
  #resolve: (value: unknown) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly call: RaceCall,
    private readonly rules: Pick<RaceRules, 'onCallEnded'> & { clock: Clock },
    private readonly log: AttemptLog,
    private readonly race: { readonly callId: string; readonly startedAt: number },
  ) {}

  /** The promise of the call; once. It is not kept: it would keep the answer in memory for as long as the race. */
  promise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Listens to the user's abort until the call is over. */
  listen(onAbort: () => void): void {
    this.#stopListening = this.call.userAbort.onAbort(onAbort);
  }

  /** @param streams the value is a raw stream; `endStream` tells when it is over. */
  resolve(value: unknown, streams = false, note?: CallNote): void {
    this.#resolve(value);
    this.#streams = streams;
    this.#settled(note);
  }

  reject(error: unknown, note?: CallNote): void {
    this.#reject(error);
    this.#settled(note);
  }

  /** Rejects a call that was aborted before it began. It has no record. */
  refuse(reason: unknown): void {
    this.#reject(reason);
    this.call.onSettled();
  }

  /** @returns false when no raw stream goes on. While core joins a stream, the outcome of its `useModel` says the same. */
  endStream(): boolean {
    if (!this.#streams) return false;
    this.#streams = false;
    this.#stopListening?.();
    return true;
  }

  /** Tells the record of the call. */
  report(answered: boolean, note?: CallNote): void {
    const { clock } = this.rules;
    const { modelType, drill } = this.call;
    const { callId: id, startedAt } = this.race;
    const attempts = this.log.records();
    const durationMs = clock.now() - startedAt;
    const record: CallRecord = { id, modelType, endedAt: clock.wallNow(), durationMs, answered, attempts };
    if (drill) record.drill = true;
    this.rules.onCallEnded(note ? { ...record, ...note } : record);
  }

  #settled(note: CallNote | undefined): void {
    // They hold the promise, and so the answer.
    this.#resolve = this.#reject = ignore;
    this.call.onSettled();
    if (this.#streams) return;
    this.#stopListening?.();
    this.report(
      this.log.attempts.some(({ state }) => state.kind === 'answered'),
      note,
    );
  }
}
