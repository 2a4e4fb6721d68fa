import type { Clock } from '../core/clock.js';
import { ResourceError } from '../core/errors.js';
import { TimeoutController } from '../http/timeout.js';

export interface Limit {
  clock: Clock;
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * Waits for work of others, such as a server or a Blob of the caller, that may never settle. When the limit ends the
 * wait, the work goes on and its result is ignored.
 * @param name what is waited for, for the error message: `audioUrl`.
 * @throws {ResourceError} when the time limit runs out.
 * @throws the signal's reason when it fires, or what the work throws.
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
