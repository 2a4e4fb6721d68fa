import type { Clock } from '../core/clock.js';
import { ResourceError } from '../core/errors.js';
import { TimeoutController } from '../http/timeout.js';

export interface Limit {
  clock: Clock;
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * Bounds the wait for work that may never settle, such as a download or the bytes of a caller's Blob. The work itself is
 * not stopped; its late result is ignored.
 * @param name of the param that is read, for the error message: `audioUrl`.
 * @throws {ResourceError} when the time limit runs out.
 * @throws the signal's reason when it fires, or the error of the work.
 */
export async function withinLimit<T>(work: Promise<T>, name: string, limit: Limit): Promise<T> {
  const { clock, timeoutMs, signal } = limit;
  const timeout = new TimeoutController(timeoutMs, clock, signal);
  try {
    return await new Promise<T>((resolve, reject) => {
      const stop = () => {
        const tooLate = new ResourceError('RESOURCE_FETCH', `${name} could not be read within ${timeoutMs} ms`);
        reject(timeout.timedOut ? tooLate : timeout.abortReason);
      };
      work.then(resolve, reject);
      if (timeout.stopped) stop();
      else timeout.add(stop);
    });
  } finally {
    timeout.clear();
  }
}
