/**
 * A stand-in for the model dispatch of elizaOS `develop`, the core that follows 2.0.0-alpha and is not published. It
 * replaces `useModel` of a real runtime of a published core. It was written from a description of that dispatch: chains of
 * model types, provider pins, per-action routing, prepared attempts, a failover loop with a ledger, frozen params, stream
 * delivery.
 *
 * It shows what the plugin does to such a dispatch. It does not show what `develop` does: where the description is wrong,
 * the stand-in is wrong. It leaves out settings of the models, hooks, secrets, admission and trajectories. When that core
 * is published, the same tests run on it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AgentRuntime } from '@elizaos/core';
import * as core from '@elizaos/core';
import { deepCopied, deepFrozen, isPlain } from './plain-data.js';
import { assertComplete, isRetryable, isStream, isUsable } from './rules.js';
import { type Delivery, deliver, type Sink } from './streams.js';

type Params = Record<string, unknown>;

interface Registration {
  handler(runtime: AgentRuntime, params: unknown): unknown;
  provider: string;
  metadata?: { streamable?: boolean };
}

/** One registration that was asked, as core's ledger lists it. */
export interface LedgerEntry {
  modelType: string;
  provider: string;
  handler: unknown;
  error?: unknown;
}

export interface NextCore {
  /** The attempts of each dispatch, oldest first. A nested dispatch of the routing has a ledger of its own. */
  readonly ledgers: LedgerEntry[][];
  /** The providers that core names in its log as having answered. */
  readonly answeredBy: string[];
  /** Runs an action whose model class sends its unpinned text calls to other model types, nearest first. */
  inAction<T>(modelTypes: readonly string[], run: () => T): T;
  /** Finds the vector width as core does at its start; the provider that answers becomes the embedding pin. */
  probeEmbedding(): Promise<void>;
}

/** The key under which the params of a handler hold the ledger of the call. */
export const ATTEMPTS = Symbol.for('stand-in/MODEL_PROVIDER_ATTEMPTS');

const CHAINS = new Map([
  ['TEXT_NANO', ['TEXT_NANO', 'TEXT_SMALL']],
  ['TEXT_MEDIUM', ['TEXT_MEDIUM', 'TEXT_SMALL']],
  ['TEXT_MEGA', ['TEXT_MEGA', 'TEXT_LARGE']],
  ['RESPONSE_HANDLER', ['RESPONSE_HANDLER', 'TEXT_NANO', 'TEXT_SMALL']],
  ['ACTION_PLANNER', ['ACTION_PLANNER', 'TEXT_MEDIUM', 'TEXT_SMALL']],
]);

const TEXT = /^(?:TEXT_(?!EMBEDDING|TOKENIZER|TO_SPEECH)|REASONING_|RESPONSE_HANDLER$|ACTION_PLANNER$)/;
const EMBEDDING = /^TEXT_EMBEDDING/;

/** Gives this runtime the dispatch. To be called before it is initialised. */
export function standInForNextCore(runtime: AgentRuntime): NextCore {
  const dispatch = new Dispatch(runtime);
  const { registerModel } = runtime;
  const own: PropertyDescriptorMap = {
    supportsModelAttemptPreparation: { value: true },
    // core 2.0.0-alpha has it, `develop` has not.
    resolveModelRegistration: { value: undefined },
    useModel: { value: (...args: [string, unknown, string?]) => dispatch.useModel(...args), writable: true },
    registerModel: {
      value(type: string, handler: never, provider: string, priority?: number, metadata?: object) {
        registerModel.call(runtime, type, handler, provider, priority);
        const entry = dispatch.registrations(type).find((other) => other.handler === handler);
        if (entry) Object.assign(entry, { metadata });
      },
    },
  };
  for (const [name, property] of Object.entries(own)) {
    Object.defineProperty(runtime, name, { configurable: true, ...property });
  }
  return dispatch;
}

class Dispatch implements NextCore {
  readonly ledgers: LedgerEntry[][] = [];
  readonly answeredBy: string[] = [];
  readonly #actionTypes = new AsyncLocalStorage<readonly string[]>();
  #embeddingPin: string | undefined;

  constructor(private readonly runtime: AgentRuntime) {}

  registrations(type: string): Registration[] {
    return (this.runtime as unknown as { models: Map<string, Registration[]> }).models.get(type) ?? [];
  }

  inAction<T>(modelTypes: readonly string[], run: () => T): T {
    return this.#actionTypes.run(modelTypes, run);
  }

  async probeEmbedding(): Promise<void> {
    for (const { provider } of this.registrations('TEXT_EMBEDDING')) {
      try {
        await this.runtime.useModel('TEXT_EMBEDDING', null, provider);
        this.#embeddingPin = provider;
        return;
      } catch {
        // The next one.
      }
    }
  }

  async useModel(asked: string, params: unknown, provider?: string): Promise<unknown> {
    const actionTypes = this.#actionTypes.getStore();
    if (provider !== undefined || !actionTypes || !TEXT.test(asked)) return this.#ask(asked, params, provider);
    let last: unknown;
    for (const type of actionTypes) {
      const [first] = this.registrations(type);
      if (!first) continue;
      try {
        return await this.#ask(type, params, first.provider);
      } catch (error) {
        last = error;
        if (!isRetryable(error)) throw error;
      }
    }
    throw last;
  }

  async #ask(asked: string, params: unknown, provider?: string): Promise<unknown> {
    const candidates = this.#candidates(asked, provider);
    if (candidates.length === 0) throw new Error(`No provider configured for ${asked}`);
    const pinned = provider !== undefined || (EMBEDDING.test(asked) && this.#embeddingPin !== undefined);
    const ledger: LedgerEntry[] = [];
    this.ledgers.push(ledger);
    const signal = combined(signalOf(params), streamingContext()?.abortSignal);
    const spent = new Set<string>();
    for (const [index, { type, registration }] of candidates.entries()) {
      if (spent.has(registration.provider)) continue;
      const entry = { modelType: type, provider: registration.provider, handler: registration.handler };
      const delivery: Delivery = { begun: false };
      try {
        return await this.#attempt(asked, params, registration, { entry, ledger, delivery, signal });
      } catch (thrown) {
        const error = asError(thrown);
        Object.assign(entry, { error });
        if (signal?.aborted) throw signal.reason;
        const isOverBudget = codeOf(error) === 'EVALUATOR_INPUT_OVER_BUDGET';
        const mayGoOn = !pinned && !delivery.begun && asked !== 'TEXT_TO_SPEECH';
        if (codeOf(error) === 'MODEL_PROVIDER_RETRY_BUDGET_EXHAUSTED') spent.add(registration.provider);
        const hasNext = candidates.slice(index + 1).some(({ registration }) => !spent.has(registration.provider));
        if (!mayGoOn || !hasNext || !(isOverBudget || isRetryable(error))) throw error;
      }
    }
    throw new Error('unreachable');
  }

  #candidates(asked: string, provider: string | undefined): { type: string; registration: Registration }[] {
    const all = (CHAINS.get(asked) ?? [asked]).flatMap((type) =>
      this.registrations(type).map((registration) => ({ type, registration })),
    );
    const brain = TEXT.test(asked) ? this.runtime.getSetting('ELIZA_BRAIN_PROVIDER') : undefined;
    const pin = provider ?? (EMBEDDING.test(asked) ? this.#embeddingPin : brain);
    if (!pin) return all;
    const ofPin = all.filter(({ registration }) => registration.provider === pin);
    return ofPin.filter(({ type }) => type === ofPin[0]?.type);
  }

  async #attempt(
    asked: string,
    given: unknown,
    registration: Registration,
    { entry, ledger, delivery, signal }: AttemptState,
  ): Promise<unknown> {
    const context = streamingContext();
    signal?.throwIfAborted();
    const callback = isPlain(given) ? given.onStreamChunk : undefined;
    const sinks = [callback, context?.onStreamChunk].filter(isSink);
    const preparing = this.#prepared(given, entry);
    const prepared = preparing instanceof Promise ? await preparing : preparing;
    const params = this.#completed(asked, given, prepared, signal, sinks.length > 0);
    if (isPlain(params)) {
      if (registration.metadata?.streamable && isSink(callback)) {
        params.onStreamChunk = (chunk: string) => {
          if (chunk) delivery.begun = true;
          return callback(chunk);
        };
      }
      Object.defineProperty(params, ATTEMPTS, { value: ledger });
    }
    ledger.push(entry);
    const result = await registration.handler(this.runtime, TEXT.test(asked) ? deepFrozen(params) : params);
    signal?.throwIfAborted();
    if (TEXT.test(asked) && !isUsable(result)) throw new TypeError(`${entry.provider} returned no result`);
    const streams = isPlain(params) && params.stream === true && isStream(result);
    const answer = streams ? await deliver(result, { sinks, context, signal, delivery }) : result;
    if (!streams || sinks.length > 0) assertComplete(answer);
    this.answeredBy.push(entry.provider);
    this.#log(entry, params, answer);
    return answer;
  }

  /** As core 1.7.2 logs a call. */
  #log({ provider, modelType }: LedgerEntry, params: unknown, response: unknown): void {
    const { agentId, adapter } = this.runtime as AgentRuntime & { adapter: { log(entry: object): unknown } };
    const body = { provider, modelType, modelKey: modelType, params, response };
    adapter.log({ entityId: agentId, roomId: agentId, type: `useModel:${modelType}`, body });
  }

  /** A copy of the caller's params for one registration. */
  #prepared(given: unknown, candidate: LedgerEntry): unknown {
    if (!isPlain(given)) return given;
    const { prepareModelAttempt, onStreamChunk: _, ...rest } = given;
    const params: Params = deepCopied(rest);
    if (typeof prepareModelAttempt !== 'function') return params;
    return Promise.resolve(prepareModelAttempt(candidate, params)).then((changed) => changed ?? params);
  }

  #completed(
    asked: string,
    given: unknown,
    params: unknown,
    signal: AbortSignal | undefined,
    hasSink: boolean,
  ): unknown {
    if (!isPlain(given) || !isPlain(params) || !TEXT.test(asked)) return params;
    const { name, system, bio } = this.runtime.character;
    const about = [system, `# About ${name}`, ...[bio].flat()].filter(Boolean).join('\n\n');
    return {
      user: name,
      ...(Object.hasOwn(given, 'system') ? {} : { system: about }),
      ...params,
      ...(signal ? { signal } : {}),
      stream: given.stream === false ? false : hasSink || given.stream === true,
    };
  }
}

interface AttemptState {
  entry: LedgerEntry;
  ledger: LedgerEntry[];
  delivery: Delivery;
  signal: AbortSignal | undefined;
}

interface StreamingContext {
  onStreamChunk?(chunk: string, messageId?: string): unknown;
  onStreamEnd?(): void;
  abortSignal?: AbortSignal;
}

/** Read through the namespace: 2.0.0-alpha does not export it. */
function streamingContext(): StreamingContext | undefined {
  const { getStreamingContext } = core as { getStreamingContext?(): StreamingContext | undefined };
  return getStreamingContext?.();
}

function isSink(value: unknown): value is Sink {
  return typeof value === 'function';
}

function signalOf(params: unknown): AbortSignal | undefined {
  return isPlain(params) && params.signal instanceof AbortSignal ? params.signal : undefined;
}

function combined(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 0 ? AbortSignal.any(given) : undefined;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

/** core throws only errors. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const status = (thrown as { status?: unknown } | undefined)?.status;
  return Object.assign(new Error('A model provider failed'), { code: 'MODEL_PROVIDER_FAILED', cause: thrown, status });
}
