import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.js';
import { SharedCall } from '../shared-call.js';

/** Where answers outlive the process. */
export interface CacheStore {
  /** @returns what was written, or something falsy. */
  read(key: string): Promise<unknown>;
  write(key: string, entry: CacheEntry): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

/** An answer as it is kept: JSON, or a text, or a vector. */
export interface CacheEntry {
  value: unknown;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface ResponseCacheOptions {
  /** How long an answer is kept, in milliseconds. */
  ttlMs: number;
  clock: Clock;
  /** The second level. Slow or broken, it costs a little time and no answer. */
  store?: CacheStore;
  /** Told when the store fails. */
  onStoreFailure?(): void;
}

const MAX_ENTRIES = 10_000;
/** About 5,000 vectors of 1,536 numbers. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Longest wait for the store, in milliseconds: then asking upstream is as good. */
const READ_TIMEOUT_MS = 250;

/**
 * Keeps answers for a while: the most recent ones in memory, all of these in a store as well when there is one. Callers
 * who miss the same answer at the same time wait for one call. Everybody gets a copy that is his own.
 */
export class ResponseCache<R extends { value: unknown }> {
  readonly #entries: LRUCache<string, CacheEntry>;
  /** Under way, by key. */
  readonly #calls = new Map<string, SharedCall<R>>();

  constructor(private readonly options: ResponseCacheOptions) {
    this.#entries = new LRUCache({
      max: MAX_ENTRIES,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ value }, key) => sizeOf(value) + key.length,
      // Otherwise the store would grow for ever.
      dispose: (_, key, reason) => {
        if (reason === 'evict') this.#inStore((store) => store.remove(key));
      },
    });
  }

  /** @returns undefined when nothing is kept under this key. Never throws. */
  async get(key: string): Promise<{ value: unknown } | undefined> {
    const entry = this.#entries.get(key) ?? (await this.#readFromStore(key));
    if (!entry) return undefined;
    if (entry.expiresAt > this.options.clock.wallNow()) return { value: copyOf(entry.value) };
    this.#entries.delete(key);
    this.#inStore((store) => store.remove(key));
    return undefined;
  }

  /**
   * Makes the call for a key that was missed, or joins the one under way, and keeps its value when it succeeds.
   * @param run gets a signal that fires when nobody waits any more.
   * @returns the call's result, and whether it was made for this caller.
   * @throws what `run` throws, or the signal's reason when it fires.
   */
  async fill(
    key: string,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<R>,
  ): Promise<{ result: R; joined: boolean }> {
    const underWay = this.#calls.get(key);
    const result = await (underWay ?? this.#call(key, run)).join(signal);
    // For the first caller, too: the others may come to their copies after he has come to his.
    return { result: { ...result, value: copyOf(result.value) }, joined: underWay !== undefined };
  }

  #call(key: string, run: (signal: AbortSignal) => Promise<R>): SharedCall<R> {
    const controller = new AbortController();
    const forget = () => {
      if (this.#calls.get(key) === call) this.#calls.delete(key);
    };
    const call: SharedCall<R> = new SharedCall(() => {
      forget();
      controller.abort(new Error('nobody waits for this answer any more'));
    });
    this.#calls.set(key, call);
    run(controller.signal).then(
      (result) => {
        forget();
        this.#keep(key, result.value);
        call.resolve(result);
      },
      (error) => {
        forget();
        call.reject(error);
      },
    );
    return call;
  }

  #keep(key: string, value: unknown): void {
    const entry: CacheEntry = { value: copyOf(value), expiresAt: this.options.clock.wallNow() + this.options.ttlMs };
    this.#entries.set(key, entry);
    this.#inStore((store) => store.write(key, entry));
  }

  /** Found there, an answer is kept in memory, too. */
  async #readFromStore(key: string): Promise<CacheEntry | undefined> {
    const { store, clock } = this.options;
    if (!store) return undefined;
    const entry = await new Promise<unknown>((resolve) => {
      const timer = clock.after(READ_TIMEOUT_MS, () => resolve(undefined));
      const done = (found: unknown) => {
        timer.clear();
        resolve(found);
      };
      this.#inStore(async (store) => done(await store.read(key)), done);
    });
    if (!isEntry(entry)) return undefined;
    this.#entries.set(key, entry);
    return entry;
  }

  /** Nobody waits for the store but who reads from it, and it may fail. */
  #inStore(use: (store: CacheStore) => Promise<unknown>, onFailure?: (nothing: undefined) => void): void {
    const { store, onStoreFailure } = this.options;
    if (!store) return;
    const used = async () => use(store);
    used().catch(() => {
      onStoreFailure?.();
      onFailure?.(undefined);
    });
  }
}

function isEntry(entry: unknown): entry is CacheEntry {
  if (typeof entry !== 'object' || entry === null) return false;
  const { value, expiresAt } = entry as Partial<CacheEntry>;
  return value !== undefined && value !== null && typeof expiresAt === 'number';
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && typeof value[0] === 'number';
}

function copyOf(value: unknown): unknown {
  if (isVector(value)) return [...value];
  return typeof value === 'object' ? structuredClone(value) : value;
}

function sizeOf(value: unknown): number {
  if (isVector(value)) return value.length * 8;
  return (typeof value === 'string' ? value : JSON.stringify(value)).length * 2;
}
