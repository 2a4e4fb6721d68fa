import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.js';
import { SharedCall } from '../shared-call.js';

/** Keeps entries beyond the life of the process. */
export interface CacheStore {
  /** @returns the entry as it was written; anything falsy for an unknown key. */
  read(key: string): Promise<unknown>;
  write(key: string, entry: CacheEntry): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

/** A cached answer: JSON, a text, or a vector. */
export interface CacheEntry {
  value: unknown;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface ResponseCacheOptions {
  /** How long an answer is kept, in milliseconds. */
  ttlMs: number;
  clock: Clock;
  /** The second level. A slow or broken one costs a little time and no answer. */
  store?: CacheStore;
  /** The last level, which other agents use as well: what gives way here stays there. Limits the time of its reads itself. */
  shared?: CacheStore;
  /** Called when the store fails. */
  onStoreFailure?(): void;
}

const MAX_ENTRIES = 10_000;
/** About 5,000 vectors of 1,536 numbers. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Longest wait for the store, in milliseconds. Asking upstream is about as fast. */
const READ_TIMEOUT_MS = 250;

/**
 * Caches answers: the most recently used ones in memory, and all of them in stores when there are any. Callers that miss
 * the same answer at the same time share one call. Each caller gets its own copy.
 */
export class ResponseCache<R extends { value: unknown }> {
  readonly #entries: LRUCache<string, CacheEntry>;
  /** Calls under way, by key. */
  readonly #calls = new Map<string, SharedCall<R>>();

  constructor(private readonly options: ResponseCacheOptions) {
    this.#entries = new LRUCache({
      max: MAX_ENTRIES,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ value }, key) => sizeOf(value) + key.length,
      // Entries that are evicted from memory leave the store too; otherwise it would grow without bound.
      dispose: (_, key, reason) => {
        if (reason === 'evict') this.#inStore(options.store, (store) => store.remove(key));
      },
    });
  }

  /**
   * @param accepts checks a value from the store, which can hold anything. An entry that is refused is removed.
   * @returns undefined for a key without a fresh entry. Never throws.
   */
  async get(key: string, accepts: (value: unknown) => boolean = isSomething): Promise<{ value: unknown } | undefined> {
    const { store, shared } = this.options;
    const entry =
      this.#entries.get(key) ??
      (await this.#readFrom(store, key, accepts)) ??
      (await this.#readFrom(shared, key, accepts));
    if (!entry) return undefined;
    if (this.#isFresh(entry)) return { value: copyOf(entry.value) };
    this.#entries.delete(key);
    this.#inStore(store, (store) => store.remove(key));
    return undefined;
  }

  /** A call for this key has begun, which `fill` joins. */
  isUnderWay(key: string): boolean {
    return this.#calls.has(key);
  }

  /**
   * Makes the call for a key that was missed, or joins the one under way, and caches its value when it succeeds.
   * @param run gets a signal that fires when no caller waits any more.
   * @returns the call's result, and whether this caller joined a call that another one had begun.
   * @throws the error of `run`, or the signal's reason when it fires.
   */
  async fill(
    key: string,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<R>,
  ): Promise<{ result: R; joined: boolean }> {
    const underWay = this.#calls.get(key);
    const result = await (underWay ?? this.#call(key, run)).join(signal);
    // A copy for the first caller too: it may change its value before the others have copied theirs.
    return { result: { ...result, value: copyOf(result.value) }, joined: underWay !== undefined };
  }

  #call(key: string, run: (signal: AbortSignal) => Promise<R>): SharedCall<R> {
    const controller = new AbortController();
    const forget = () => {
      if (this.#calls.get(key) === call) this.#calls.delete(key);
    };
    const call: SharedCall<R> = new SharedCall(() => {
      forget();
      controller.abort(new Error('every caller of this answer has left'));
    });
    this.#calls.set(key, call);
    run(controller.signal)
      .then((result) => {
        forget();
        this.#keep(key, result.value);
        call.resolve(result);
      })
      .catch((error) => {
        forget();
        call.reject(error);
      });
    return call;
  }

  #keep(key: string, value: unknown): void {
    const entry: CacheEntry = { value: copyOf(value), expiresAt: this.options.clock.wallNow() + this.options.ttlMs };
    this.#entries.set(key, entry);
    for (const store of [this.options.store, this.options.shared]) {
      this.#inStore(store, (store) => store.write(key, entry));
    }
  }

  /** An expiry further away than the time to live is damaged, or from before the system's clock was set back. */
  #isFresh({ expiresAt }: CacheEntry): boolean {
    const leftMs = expiresAt - this.options.clock.wallNow();
    return leftMs > 0 && leftMs <= this.options.ttlMs;
  }

  /** Copies an entry that it finds into memory, and removes a bad one. */
  async #readFrom(
    store: CacheStore | undefined,
    key: string,
    accepts: (value: unknown) => boolean,
  ): Promise<CacheEntry | undefined> {
    if (!store) return undefined;
    const { clock } = this.options;
    const found = await new Promise<unknown>((resolve) => {
      const timer = clock.after(READ_TIMEOUT_MS, () => resolve(undefined));
      const done = (entry: unknown) => {
        timer.clear();
        resolve(entry);
      };
      this.#inStore(store, async (store) => done(await store.read(key)), done);
    });
    if (!found) return undefined;
    const entry = readEntry(found, accepts);
    if (entry && this.#isFresh(entry)) {
      this.#entries.set(key, entry);
      return entry;
    }
    this.#inStore(store, (store) => store.remove(key));
    return undefined;
  }

  /** Failures of the store are reported to `onStoreFailure` and otherwise ignored. */
  #inStore(
    store: CacheStore | undefined,
    use: (store: CacheStore) => Promise<unknown>,
    onFailure?: (nothing: undefined) => void,
  ): void {
    const { onStoreFailure } = this.options;
    if (!store) return;
    const used = async () => use(store);
    used()
      .catch(() => {
        onFailure?.(undefined);
        onStoreFailure?.();
      })
      // The callback can throw, as a logger does.
      .catch(() => {});
  }
}

/** @returns a copy of the two fields; undefined when one of them is missing or bad. Never throws. */
function readEntry(found: unknown, accepts: (value: unknown) => boolean): CacheEntry | undefined {
  try {
    const { value, expiresAt } = structuredClone(found) as Partial<CacheEntry>;
    return typeof expiresAt === 'number' && isSomething(value) && accepts(value) ? { value, expiresAt } : undefined;
  } catch {
    return undefined;
  }
}

function isSomething(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isNumberList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((element) => typeof element === 'number');
}

function copyOf(value: unknown): unknown {
  if (isNumberList(value)) return [...value];
  return typeof value === 'object' ? structuredClone(value) : value;
}

function sizeOf(value: unknown): number {
  if (isNumberList(value)) return value.length * 8;
  return (typeof value === 'string' ? value : JSON.stringify(value)).length * 2;
}
