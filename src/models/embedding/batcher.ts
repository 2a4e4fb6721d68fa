import type { Clock, Timer } from '../../core/clock.js';
import { SharedCall } from '../shared-call.js';

export interface BatchCall {
  /** Fires when nobody waits for any text of the batch any more. */
  signal: AbortSignal;
  /** When the batch was first sent, on the clock: one that was split goes on inside the same time limit. */
  startedAt: number;
}

export interface BatcherOptions<T> {
  clock: Clock;
  /** Texts in one batch at most. */
  maxTexts: number;
  /** UTF-8 bytes in one batch at most; a longer text travels alone. */
  maxBytes: number;
  /** How long a text waits for others while a batch is under way, in milliseconds. */
  windowMs: number;
  /**
   * Sends texts, all different.
   * @returns their answers in the same order; undefined when the batch of more than one was refused as such, though
   * some of its texts might be answered.
   * @throws what failed: then each of them has failed.
   */
  send(texts: readonly string[], call: BatchCall): Promise<readonly T[] | undefined>;
}

/** One text's answer. */
export interface BatchAnswer<T> {
  value: T;
  /** How many callers were given this value: 1 unless they asked for the same text at the same time. */
  sharedBy: number;
}

interface Entry<T> {
  text: string;
  bytes: number;
  call: SharedCall<BatchAnswer<T>>;
  /** Told when the last caller has left. */
  onAbandoned?: () => void;
}

/**
 * Lets calls that come at the same time travel together.
 *
 * A lone call waits for nothing but the end of the turn of the event loop it came in; while a batch is under way, the
 * next ones gather for `windowMs`, or until it has come back. Callers of one text share its place, and each can leave.
 */
export class Batcher<T> {
  /** Waiting or under way, by text. */
  readonly #entries = new Map<string, Entry<T>>();
  #gathered: Entry<T>[] = [];
  #gatheredBytes = 0;
  #inFlight = 0;
  #maxTexts: number;
  #timer: Timer | undefined;

  constructor(private readonly options: BatcherOptions<T>) {
    this.#maxTexts = options.maxTexts;
  }

  /** @throws the signal's reason when it fires, or what `send` throws. */
  add(text: string, signal?: AbortSignal): Promise<BatchAnswer<T>> {
    let entry = this.#entries.get(text);
    if (!entry) {
      entry = this.#createEntry(text);
      this.#gather(entry);
    }
    return entry.call.join(signal);
  }

  #createEntry(text: string): Entry<T> {
    const onAbandoned = () => {
      // Whoever comes now must not join what is about to be cancelled.
      this.#forget(entry);
      entry.onAbandoned?.();
    };
    const entry: Entry<T> = { text, bytes: Buffer.byteLength(text), call: new SharedCall(onAbandoned) };
    this.#entries.set(text, entry);
    return entry;
  }

  #forget(entry: Entry<T>): void {
    if (this.#entries.get(entry.text) === entry) this.#entries.delete(entry.text);
  }

  #gather(entry: Entry<T>): void {
    if (this.#gatheredBytes + entry.bytes > this.options.maxBytes) this.#flush();
    this.#gathered.push(entry);
    this.#gatheredBytes += entry.bytes;
    if (this.#gathered.length >= this.#maxTexts) this.#flush();
    else this.#timer ??= this.#inFlight > 0 ? this.#afterWindow() : this.#afterThisTurn();
  }

  #afterWindow(): Timer {
    return this.options.clock.after(this.options.windowMs, () => this.#flush());
  }

  #afterThisTurn(): Timer {
    const handle = setImmediate(() => this.#flush());
    return { clear: () => clearImmediate(handle) };
  }

  #flush(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    const batch = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    void this.#send(batch, this.options.clock.now());
  }

  /** Never throws. @returns whether every text was answered. */
  async #send(entries: readonly Entry<T>[], startedAt: number): Promise<boolean> {
    const batch = entries.filter(({ call }) => !call.abandoned);
    if (batch.length === 0) return true;
    this.#inFlight++;
    try {
      const texts = batch.map(({ text }) => text);
      const values = await this.options.send(texts, { signal: allAbandoned(batch), startedAt });
      if (!values) return await this.#sendInHalves(batch, startedAt);
      batch.forEach((entry, i) => {
        this.#forget(entry);
        entry.call.resolve({ value: values[i] as T, sharedBy: entry.call.joined });
      });
      return true;
    } catch (error) {
      for (const entry of batch) {
        this.#forget(entry);
        entry.call.reject(error);
      }
      return false;
    } finally {
      if (--this.#inFlight === 0 && this.#timer) this.#flushAfterThisTurn();
    }
  }

  /** Finds the text that is to blame in few requests: at most twice as many as there are texts, if all of them are. */
  async #sendInHalves(batch: readonly Entry<T>[], startedAt: number): Promise<boolean> {
    const middle = Math.ceil(batch.length / 2);
    const halves = [batch.slice(0, middle), batch.slice(middle)];
    const answered = await Promise.all(halves.map((half) => this.#send(half, startedAt)));
    const none = !answered.includes(false);
    // None was to blame, so there were too many of them for this server.
    if (none) this.#maxTexts = Math.min(this.#maxTexts, middle);
    return none;
  }

  /** What gathered meanwhile need not wait for longer; those who were just answered may have more to ask. */
  #flushAfterThisTurn(): void {
    this.#timer?.clear();
    this.#timer = this.#afterThisTurn();
  }
}

/** A signal that fires once every entry has been abandoned. */
function allAbandoned(batch: readonly Pick<Entry<unknown>, 'onAbandoned'>[]): AbortSignal {
  const controller = new AbortController();
  let waiting = batch.length;
  for (const entry of batch) {
    entry.onAbandoned = () => {
      if (--waiting === 0) controller.abort(new Error('nobody waits for this batch any more'));
    };
  }
  return controller.signal;
}
