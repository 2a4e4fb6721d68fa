import type { Plugin } from '@elizaos/core';
import { statusError, textStream } from '../guarded.js';
import type { Behaviour } from './scenario.js';
import { vectorOf, type World } from './world.js';

const TYPES = ['TEXT_LARGE', 'TEXT_SMALL', 'OBJECT_LARGE', 'TEXT_EMBEDDING'];

type Params = Record<string, unknown> | null;

/** A provider plugin that does one thing after the other. Its handlers are no async functions: they may throw. */
export function chaoticPrimary(world: World, name: string, behaviours: readonly Behaviour[]): Plugin {
  let calls = 0;
  const handle = (modelType: string) => (_runtime: unknown, params: Params) => {
    // core's probe of the vector width.
    if (!world.hasBegun || params === null) return vectorOf(0);
    const behaviour = behaviours[calls++ % behaviours.length] as Behaviour;
    return new Chaos(world, name, modelType, params).do(behaviour);
  };
  const models = Object.fromEntries(TYPES.map((type) => [type, handle(type)]));
  return { name, description: 'A simulated provider', models: models as Plugin['models'] };
}

class Chaos {
  constructor(
    private readonly world: World,
    private readonly provider: string,
    private readonly modelType: string,
    private readonly params: Exclude<Params, null>,
  ) {}

  do(behaviour: Behaviour): unknown {
    const { world, signal } = this;
    switch (behaviour.kind) {
      case 'answer': {
        const { afterMs, gapMs, chunks, streams } = behaviour;
        const answer = this.#ask(chunks, true);
        const value = this.#valueOf(answer);
        if (streams && this.#wantsStream) return this.#stream(answer.pieces, { afterMs, gapMs, finish: 'stop' });
        return afterMs === 0 ? value : world.sleep(afterMs).then(() => value);
      }
      case 'status': {
        this.#ask(0, false);
        const { status, afterMs, retryAfterS } = behaviour;
        const headers = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) };
        const error = world.error(Object.assign(statusError(status), { responseHeaders: headers }));
        return this.#rejected(error, afterMs);
      }
      case 'hang':
        this.#ask(0, false);
        return this.#never(behaviour.heeds);
      case 'cut': {
        const { pieces } = this.#ask(behaviour.chunks, false);
        const error = world.error(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
        if (!this.#wantsStream) return Promise.reject(error);
        return this.#stream(pieces, behaviour.by === 'throw' ? { error } : { finish: 'error' });
      }
      case 'stall': {
        const { pieces } = this.#ask(behaviour.chunks, false);
        if (!this.#wantsStream) return this.#never(behaviour.heeds);
        return this.#stream(pieces, { stalls: true, signal: behaviour.heeds ? signal : undefined });
      }
      case 'apology':
        this.#ask(0, this.provider === 'third');
        if (this.modelType === 'TEXT_EMBEDDING') return new Array(8).fill(0);
        return this.modelType === 'OBJECT_LARGE' ? {} : 'Error generating text. Please try again later.';
      case 'empty': {
        const { streams, finish } = behaviour;
        this.#ask(0, streams && this.#wantsStream ? finish !== 'error' : true);
        if (this.modelType !== 'TEXT_LARGE' && this.modelType !== 'TEXT_SMALL') return undefined;
        return streams && this.#wantsStream ? this.#stream([], { finish }) : '';
      }
      case 'late': {
        const answer = this.#ask(4, !behaviour.rejects);
        if (behaviour.rejects) return this.#rejected(world.error(statusError(503)), behaviour.afterMs);
        const value = this.#valueOf(answer);
        return world.sleep(behaviour.afterMs).then(() => value);
      }
      case 'throws':
        this.#ask(0, false);
        throw world.error(thrownFor(behaviour.what));
      case 'thenable': {
        const value = this.#valueOf(this.#ask(3, behaviour.how === 'resolves'));
        const error = world.error(statusError(503));
        return {
          // biome-ignore lint/suspicious/noThenProperty: a provider may have promises of its own
          then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
            if (behaviour.how === 'throws') throw error;
            if (behaviour.how === 'rejects') reject(error);
            else resolve(value);
          },
        };
      }
    }
  }

  get signal(): AbortSignal | undefined {
    const { abortSignal, signal } = this.params;
    return [abortSignal, signal].find((other): other is AbortSignal => other instanceof AbortSignal);
  }

  get #wantsStream(): boolean {
    return this.modelType.startsWith('TEXT_') && this.params.stream === true;
  }

  #ask(chunks: number, isWhole: boolean) {
    const { world, provider, modelType, params } = this;
    return world.ask({ provider, own: false, modelType, params, chunks, isWhole });
  }

  #valueOf({ id, text }: { id: number; text: string }): unknown {
    if (this.modelType === 'TEXT_EMBEDDING') return vectorOf(id);
    return this.modelType === 'OBJECT_LARGE' ? { by: text } : text;
  }

  #rejected(error: unknown, afterMs: number): Promise<never> {
    const rejection = Promise.reject(error);
    if (afterMs === 0) return rejection;
    rejection.catch(() => {});
    return this.world.sleep(afterMs).then(() => rejection);
  }

  #never(heeds: boolean): Promise<never> {
    const { signal } = this;
    return new Promise((_, reject) => {
      if (heeds) signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }

  /** A stream whose side promises reject when it breaks, as those of the AI SDK do. */
  #stream(
    pieces: string[],
    how: {
      afterMs?: number;
      gapMs?: number;
      finish?: string;
      error?: unknown;
      stalls?: boolean;
      signal?: AbortSignal | undefined;
    },
  ): unknown {
    const { world } = this;
    const { afterMs = 0, gapMs = 0, finish, error, stalls, signal } = how;
    async function* chunks() {
      for (const [index, piece] of pieces.entries()) {
        const waitMs = index === 0 ? afterMs : gapMs;
        if (waitMs > 0) await world.sleep(waitMs);
        yield piece;
      }
      if (stalls) {
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      }
      if (error) throw error;
    }
    const rejected = () => {
      const rejection = Promise.reject(error);
      // Bun's test runner fails a test for a rejection that nothing handles.
      if (world.isStopped) rejection.catch(() => {});
      return rejection;
    };
    const side = error ? rejected : () => (stalls ? new Promise<never>(() => {}) : undefined);
    return {
      ...textStream([]),
      textStream: chunks(),
      text: side() ?? Promise.resolve(pieces.join('')),
      usage: side() ?? Promise.resolve(undefined),
      finishReason: side() ?? Promise.resolve(finish),
    };
  }
}

function thrownFor(what: string): unknown {
  if (what === 'text') return 'the provider says no';
  if (what === 'nothing') return undefined;
  if (what === 'status') return statusError(503);
  return what === 'error' ? new Error('the provider is at fault') : new TypeError('x is not a function');
}
