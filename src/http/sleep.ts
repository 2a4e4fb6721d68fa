import type { Clock } from '../core/clock.js';
import type { StopSignal } from './timeout.js';

/**
 * Waits `delayMs`.
 * @throws the reason of `stop` as soon as it fires, or at once when it has fired.
 */
export function sleep(clock: Clock, delayMs: number, stop: StopSignal): Promise<void> {
  if (stop.stopped) return Promise.reject(stop.reason);
  return new Promise((resolve, reject) => {
    const onStop = () => {
      timer.clear();
      reject(stop.reason);
    };
    const timer = clock.after(delayMs, () => {
      stop.remove(onStop);
      resolve();
    });
    stop.add(onStop);
  });
}
