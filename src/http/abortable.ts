import { listen } from '../core/abort-listeners.js';

/**
 * Waits for a promise until the signal fires. What the promise stands for goes on, and its outcome is ignored.
 * @throws the signal's reason, or what the promise rejects with.
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let unlisten: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else unlisten = listen(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    unlisten?.();
  }
}
