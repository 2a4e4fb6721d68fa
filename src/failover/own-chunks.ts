import type { Timer } from '../core/clock.js';
import { primaryTimeout, StreamInterruptedError } from '../core/failover-errors.js';
import type { Attempt } from './attempt.js';
import { withChanges } from './call-params.js';
import { idleLimitMs, type StreamRules } from './stream-commit.js';

type Deliver = (chunk: unknown, ...rest: unknown[]) => unknown;

/**
 * Calls a handler that may deliver its chunks itself, by the `onStreamChunk` of its params, as core 2.x lets some. Such
 * chunks are an attempt's output as those of a stream are: the first text claims the call, a later stall or error is a cut,
 * and the chunks of an attempt that is over are dropped.
 * @returns undefined, without a call, for params without that callback.
 */
export function callWithOwnChunks(
  handle: (params: unknown) => unknown,
  params: unknown,
  attempt: Attempt,
  rules: StreamRules,
): Promise<unknown> | undefined {
  const deliver = callbackIn(params);
  return deliver && new OwnChunks(attempt, rules).run(handle, params as object, deliver);
}

class OwnChunks {
  #text = '';
  #idle: Timer | undefined;
  #onIdle: (error: Error) => void = () => {};

  constructor(
    private readonly attempt: Attempt,
    private readonly rules: StreamRules,
  ) {}

  async run(handle: (params: unknown) => unknown, params: object, deliver: Deliver): Promise<unknown> {
    const idle = new Promise<never>((_, reject) => {
      this.#onIdle = reject;
    });
    const onStreamChunk: Deliver = (chunk, ...rest) =>
      this.#passes(chunk) ? deliver.call(params, chunk, ...rest) : undefined;
    try {
      return await Promise.race([handle(withChanges(params, { onStreamChunk })), idle]);
    } catch (cause) {
      const { attempt } = this;
      if (this.#text === '' || attempt.aborted) throw cause;
      if (this.rules.onInterrupted === 'keep') return this.#text;
      throw new StreamInterruptedError(attempt.provider, this.#text, cause);
    } finally {
      this.#idle?.clear();
    }
  }

  #passes(chunk: unknown): boolean {
    const { attempt } = this;
    if (!attempt.isRunning) return false;
    if (typeof chunk !== 'string' || chunk === '') return true;
    if (!attempt.owner.commit(attempt)) return false;
    this.#text += chunk;
    this.#watch();
    return true;
  }

  /** The plugin's own client limits its time itself. */
  #watch(): void {
    const { attempt, rules } = this;
    this.#idle?.clear();
    const idleMs = attempt.target.own ? 0 : idleLimitMs(attempt, rules);
    if (idleMs <= 0) return;
    this.#idle = rules.clock.after(idleMs, () => this.#onIdle(primaryTimeout(attempt.provider, idleMs, 'body')));
  }
}

function callbackIn(params: unknown): Deliver | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const { onStreamChunk } = params as { onStreamChunk?: unknown };
  return typeof onStreamChunk === 'function' ? (onStreamChunk as Deliver) : undefined;
}
