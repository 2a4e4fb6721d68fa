import type { Clock } from '../../core/clock.js';
import { NAMESPACE, type SharedStore } from './store.js';

/** A cached answer, as the cache keeps it. */
interface Answer {
  value: unknown;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Longest wait for Redis, in milliseconds. It answers in less than one. */
const READ_MS = 50;
/** How long it is not asked after it was too slow. */
const SKIP_MS = 10_000;
/** Characters of JSON. A larger value would hold others up. */
const MAX_LENGTH = 256 * 1024;

/**
 * Answers of all agents of a fleet: the last level of the response cache. A read waits 50 ms at most, and not at all for ten
 * seconds after one that took longer. Never rejects.
 */
export class SharedAnswers {
  #slowUntil = Number.NEGATIVE_INFINITY;

  /** @param ttlMs how long this agent keeps an answer. */
  constructor(
    private readonly store: SharedStore,
    private readonly clock: Clock,
    private readonly ttlMs: number,
  ) {}

  async read(key: string): Promise<unknown> {
    if (this.clock.now() < this.#slowUntil) return undefined;
    const found = await this.#inTime(this.store.read(nameOf(key)));
    if (!found) return undefined;
    try {
      const { value, ttlMs }: { value?: unknown; ttlMs?: unknown } = JSON.parse(found.value);
      // Its writer may keep answers for longer.
      const leftMs = Math.min(this.ttlMs, this.ttlMs + found.ttlMs - Number(ttlMs));
      return leftMs > 0 ? { value, expiresAt: this.clock.wallNow() + leftMs } : undefined;
    } catch {
      return undefined;
    }
  }

  async write(key: string, { value, expiresAt }: Answer): Promise<void> {
    const ttlMs = Math.floor(expiresAt - this.clock.wallNow());
    const json = JSON.stringify({ value, ttlMs });
    if (ttlMs > 0 && json.length <= MAX_LENGTH) this.store.write(nameOf(key), json, ttlMs);
  }

  async remove(key: string): Promise<void> {
    this.store.remove(nameOf(key));
  }

  #inTime<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const timer = this.clock.after(READ_MS, () => {
        this.#slowUntil = this.clock.now() + SKIP_MS;
        resolve(undefined);
      });
      void work.then((result) => {
        timer.clear();
        resolve(result);
      });
    });
  }
}

function nameOf(key: string): string {
  return `${NAMESPACE}:answer:${key}`;
}
