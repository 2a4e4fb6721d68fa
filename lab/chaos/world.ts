import { currentScope } from '../../src/core/attempt-scope.js';
import type { Timer } from '../../src/core/clock.js';
import { type FakeClock, fakeClock } from '../fake-clock.js';

/** One call that a primary's handler, or one request that an own endpoint, has received. */
export interface Asked {
  provider: string;
  own: boolean;
  modelType: string;
  /** The number of the agent's call, from its prompt. */
  call: number;
  /** The id of the call's record; undefined for one that goes straight through. */
  callId: string | undefined;
  /** What it answers as a whole. */
  text: string;
  /** It may answer so; what is broken off must not pass for an answer. */
  isWhole: boolean;
}

const WORDS = ['alpha ', 'beta ', 'gamma '];

/** The time of a scenario, and what its providers were asked and have thrown. */
export class World {
  readonly clock: FakeClock = fakeClock();
  readonly asked: Asked[] = [];
  readonly thrown = new Set<unknown>();
  /** The agent has started: providers do what the scenario says. */
  hasBegun = false;
  /** Calls that begin now have no guard, which would handle the rejections of a broken stream's side promises. */
  isStopped = false;
  #ownTimers = 0;

  /** Timers of the plugin. */
  get foreignTimers(): number {
    return this.clock.pendingCount - this.#ownTimers;
  }

  after(delayMs: number, run: () => void): Timer {
    this.#ownTimers++;
    let isOver = false;
    const over = () => {
      if (!isOver) this.#ownTimers--;
      isOver = true;
    };
    const timer = this.clock.after(delayMs, () => {
      over();
      run();
    });
    return {
      clear() {
        over();
        timer.clear();
      },
    };
  }

  /** @param signal makes it reject when it fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        timer.clear();
        reject(signal.reason);
      });
    });
  }

  /** Notes that a provider was asked. @returns its answer, which no other call has. */
  ask(about: { provider: string; own: boolean; modelType: string; params: unknown; chunks: number; isWhole: boolean }) {
    const { chunks, params, ...rest } = about;
    const call = Number(/call-(\d+)/.exec(JSON.stringify(params ?? ''))?.[1] ?? -1);
    const id = this.asked.length + 1;
    const pieces = [`${rest.provider}/${id} `, ...WORDS].slice(0, Math.max(0, chunks));
    const text = pieces.join('').trimEnd();
    this.asked.push({ ...rest, call, callId: currentScope()?.callId, text });
    const last = pieces.length - 1;
    return { id, text, pieces: pieces.map((piece, index) => (index === last ? piece.trimEnd() : piece)) };
  }

  error<T>(error: T): T {
    this.thrown.add(error);
    return error;
  }
}

/** A vector that names the call whose answer it is. */
export function vectorOf(id: number): number[] {
  return [id, 1, 2, 3, 4, 5, 6, 7];
}

export const DIMENSIONS = 8;
