import { identifier, read } from './classify/foreign.js';
import type { Clock } from './clock.js';
import { ExtensionError } from './errors.js';
import type { AsyncExtension, Extension } from './extension-points.js';
import { isObject } from './is-record.js';

/** An extension that did not do what it must. */
export interface ExtensionFault {
  /** Such as `result check`. */
  point: string;
  /** The extension's name. */
  extension: string;
  /** What it did: `threw TypeError`. Holds no message of an error, which could quote a prompt. */
  fault: string;
  onError: 'skip' | 'fail';
}

const TIMEOUT_MS = 1_000;

/** Runs extensions: each within its time limit, with its result checked, and with its faults reported. */
export class ExtensionRunner {
  constructor(
    private readonly clock: Clock,
    private readonly report: (fault: ExtensionFault) => void,
  ) {}

  /**
   * Calls one extension and waits for it.
   * @param accepts whether its result can be used.
   * @returns its result; undefined when it is skipped.
   * @throws {ExtensionError} when it is at fault, and `onError` is `fail`.
   */
  async run<T>(
    point: string,
    extension: AsyncExtension,
    call: () => unknown,
    accepts: (value: unknown) => value is T,
  ): Promise<T | undefined> {
    let value: unknown;
    try {
      value = await this.#limited(call, extension.timeoutMs ?? TIMEOUT_MS);
    } catch (error) {
      return this.#fault(point, extension, error instanceof TimeUp ? error.message : threw(error), error);
    }
    return accepts(value) ? value : this.#fault(point, extension, UNUSABLE);
  }

  /** Calls one extension that must not be asynchronous; otherwise as `run`. */
  runNow<T>(
    point: string,
    extension: Extension,
    call: () => unknown,
    accepts: (value: unknown) => value is T,
  ): T | undefined {
    let value: unknown;
    try {
      value = call();
    } catch (error) {
      return this.#fault(point, extension, threw(error), error);
    }
    if (isObject(value) && typeof read(value, 'then') === 'function') {
      Promise.resolve(value).catch(() => {});
      return this.#fault(point, extension, 'returned a promise');
    }
    return accepts(value) ? value : this.#fault(point, extension, UNUSABLE);
  }

  #limited(call: () => unknown, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const outcome = Promise.resolve(call());
      const timer = this.clock.after(timeoutMs, () => reject(new TimeUp(`took longer than ${timeoutMs} ms`)));
      const settle = (how: (value: unknown) => void) => (value: unknown) => {
        timer.clear();
        how(value);
      };
      outcome.then(settle(resolve), settle(reject));
    });
  }

  #fault(point: string, { name, onError = 'skip' }: Extension, fault: string, cause?: unknown): undefined {
    this.report({ point, extension: name, fault, onError });
    if (onError === 'fail') throw new ExtensionError(point, name, fault, cause);
  }
}

class TimeUp extends Error {}

const UNUSABLE = 'returned something unusable';

function threw(error: unknown): string {
  return `threw ${identifier(read(error, 'name')) ?? 'something without a name'}`;
}
