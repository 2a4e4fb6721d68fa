import type { Clock, Timer } from '../../core/clock.js';
import { SharedCall } from '../shared-call.js';

export interface BatchCall {
  /** Fires when every caller of every text in the batch has left. */
  signal: AbortSignal;
  /** When the batch was first sent, on `clock.now()`. The halves of a split batch share its time limit. */
  startedAt: number;
}

export interface BatcherOptions<T> {
  clock: Clock;
  /** Most texts in one batch. */
  maxTexts: number;
  /** Most UTF-8 bytes in one batch; a longer text is sent alone. */
  maxBytes: number;
  /** Longest wait of a text for others while a batch is in flight, in milliseconds. */
  windowMs: number;
  /**
   * Sends texts, all different.
   * @returns their answers in the same order; undefined when a batch of several texts was refused as a whole, and some
   * of them may be answered in smaller batches.
   * @throws the failure of every text in the batch.
   */
  send(texts: readonly string[], call: BatchCall): Promise<readonly T[] | undefined>;
}

/** One text's answer. */
export interface BatchAnswer<T> {
  value: T;
  /** Number of callers that got this value: 1 unless several asked for the same text at the same time. */
  sharedBy: number;
}

interface Entry<T> {
  text: string;
  bytes: number;
  call: SharedCall<BatchAnswer<T>>;
  /** Called when the last caller has left. */
  onAbandoned?: () => void;
}

/**
 * Sends the texts of concurrent calls in batches.
 *
 * A lone call is sent at the end of the current turn of the event loop. While a batch is in flight, further texts are
 * collected for `windowMs`, or until that batch has been answered. Callers of the same text share one entry, and each of
 * them can leave by its own signal.
 */
export class Batcher<T> {
  /**
   * Collected or in flight, by text. Replaced when it is empty: the tables that a V8 Map has outgrown are linked, so one
   * that has grown old would keep every later entry, with its vector, from being collected until the next full collection.
   */
  #entries = new Map<string, Entry<T>>();
  #collected: Entry<T>[] = [];
  #collectedBytes = 0;
  #inFlight = 0;
  #maxTexts: number;
  #timer: Timer | undefined;

  constructor(private readonly options: BatcherOptions<T>) {
    this.#maxTexts = options.maxTexts;
  }

  /** @throws the signal's reason when it fires, or the error of `send`. */
  add(text: string, signal?: AbortSignal): Promise<BatchAnswer<T>> {
    let entry = this.#entries.get(text);
    if (!entry) {
      entry = this.#createEntry(text);
      this.#collect(entry);
    }
    return entry.call.join(signal);
  }

  #createEntry(text: string): Entry<T> {
    const onAbandoned = () => {
      // A new caller must not join an entry that is about to be cancelled.
      this.#forget(entry);
      entry.onAbandoned?.();
    };
    const entry: Entry<T> = { text, bytes: Buffer.byteLength(text), call: new SharedCall(onAbandoned) };
    this.#entries.set(text, entry);
    return entry;
  }

  #forget(entry: Entry<T>): void {
    if (this.#entries.get(entry.text) === entry) this.#entries.delete(entry.text);
    if (this.#entries.size === 0) this.#entries = new Map();
  }

  #collect(entry: Entry<T>): void {
    if (this.#collectedBytes + entry.bytes > this.options.maxBytes) this.#flush();
    this.#collected.push(entry);
    this.#collectedBytes += entry.bytes;
    if (this.#collected.length >= this.#maxTexts) this.#flush();
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
    const batch = this.#collected;
    this.#collected = [];
    this.#collectedBytes = 0;
    void this.#send(batch, this.options.clock.now());
  }

  /** Never rejects. @returns whether every text was answered. */
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

  /** Isolates the texts that are refused by bisection; at most twice as many requests as there are texts. */
  async #sendInHalves(batch: readonly Entry<T>[], startedAt: number): Promise<boolean> {
    const middle = Math.ceil(batch.length / 2);
    const halves = [batch.slice(0, middle), batch.slice(middle)];
    const answered = await Promise.all(halves.map((half) => this.#send(half, startedAt)));
    const none = !answered.includes(false);
    // No text was refused by itself, so the batch had too many for this server.
    if (none) this.#maxTexts = Math.min(this.#maxTexts, middle);
    return none;
  }

  /** Sends the collected texts now. One turn later, so that callers that were just answered can add theirs. */
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
      if (--waiting === 0) controller.abort(new Error('every caller of this batch has left'));
    };
  }
  return controller.signal;
}
