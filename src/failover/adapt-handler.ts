import type { IAgentRuntime, ModelHandler } from '@elizaos/core';
import { currentScope } from '../core/attempt-scope.js';
import type { ExtensionHooks } from '../core/extension-points.js';
import type { Attempt } from './attempt.js';
import { withSignal } from './call-params.js';
import { type HostRuntime, isTextStreamResult, isTextType } from './core-compat.js';
import { CoreLoop } from './core-loop.js';
import { failureIn, refusedBy } from './judge-result.js';
import { callWithOwnChunks } from './own-chunks.js';
import { silence } from './side-promises.js';
import { currentAttempt } from './straight-call.js';
import { commitStream, type StreamRules } from './stream-commit.js';
import { targetOf } from './target.js';

type Handler = ModelHandler['handler'];

export interface AdapterRules extends StreamRules, Pick<ExtensionHooks, 'checkResult'> {
  onProviderDropped(): void;
}

/** Entries whose handler is adapted: what the property was before, and whose rules the adapter follows. */
const adaptedFrom = new WeakMap<ModelHandler, { before: PropertyDescriptor; rules: AdapterRules }>();

/**
 * Puts an adapter around the handlers of these types, once each: a stream is held back until its first text, and a
 * result that is a failure in disguise is thrown. This happens inside core's `useModel`: before core delivers a chunk, or
 * writes an apology into the agent's log as an answer.
 */
export function adaptHandlers(runtime: HostRuntime, modelTypes: readonly string[], rules: AdapterRules): void {
  for (const modelType of modelTypes) {
    for (const entry of runtime.models.get(modelType) ?? []) {
      if (adaptedFrom.get(entry)?.rules === rules) continue;
      // That of an earlier guard, whose calls go on.
      takeOff(entry);
      adaptEntry(runtime, entry, modelType, rules);
    }
  }
}

/** Takes every adapter with these rules off again. */
export function restoreHandlers(runtime: HostRuntime, rules: AdapterRules): void {
  for (const entry of [...runtime.models.values()].flat()) {
    if (adaptedFrom.get(entry)?.rules === rules) takeOff(entry);
  }
}

function takeOff(entry: ModelHandler): void {
  const adapted = adaptedFrom.get(entry);
  if (adapted) Object.defineProperty(entry, 'handler', adapted.before);
  adaptedFrom.delete(entry);
}

/**
 * Only calls see the adapter. Outside of calls the entry shows the handler that was registered: core 2.x finds the models
 * of a plugin that is unloaded by it.
 */
function adaptEntry(runtime: HostRuntime, entry: ModelHandler, modelType: string, rules: AdapterRules): void {
  const before = Object.getOwnPropertyDescriptor(entry, 'handler') ?? { value: entry.handler };
  adaptedFrom.set(entry, { before, rules });
  const registered = (): Handler => (before.get ? before.get.call(entry) : before.value);
  let adapted: { from: Handler; to: Handler } | undefined;
  Object.defineProperty(entry, 'handler', {
    configurable: true,
    enumerable: true,
    get: () => {
      const handler = registered();
      if (!currentScope()) return handler;
      const meant = otherEntry(runtime, entry, modelType);
      if (meant) {
        // core 1.x also reads the first entry's handler when it is given a provider, and does not call it.
        return (agent: IAgentRuntime, params: Parameters<Handler>[1]) => {
          rules.onProviderDropped();
          return meant.handler(agent, params);
        };
      }
      if (adapted?.from !== handler) {
        adapted = { from: handler, to: adapt(handler, entry.provider, modelType, rules) };
      }
      return adapted.to;
    },
    set: (handler: Handler) => {
      if (before.set) before.set.call(entry, handler);
      else before.value = handler;
    },
  });
}

/**
 * The entry that the running attempt is about, when core was led to another one: by a wrapper of `useModel` that does not
 * pass the provider on, and so asks the first provider each time.
 */
function otherEntry({ models }: HostRuntime, asked: ModelHandler, modelType: string): ModelHandler | undefined {
  const attempt = currentAttempt();
  if (!attempt || attempt.entered || attempt.target.registeredAs === asked.provider) return undefined;
  if (attempt.target.modelType !== modelType) return undefined;
  return models.get(modelType)?.find(({ provider }) => provider === attempt.target.registeredAs);
}

function adapt(handler: Handler, provider: string, modelType: string, rules: AdapterRules): Handler {
  const target = targetOf(provider, modelType);
  return (runtime, params) => {
    const scope = currentScope();
    const handle = (given: unknown) => handler(runtime, given as typeof params);
    if (scope instanceof CoreLoop) {
      return scope.visit(target, (attempt) => {
        const own = withSignal(params, attempt.signal);
        return judged(handle, own, attempt, { modelType, rules, needsText: true });
      });
    }
    const current = currentAttempt();
    const attempt = current?.target.registeredAs === provider && !current.entered ? current : undefined;
    if (!attempt) return silenced(handle, params, modelType);
    return judged(handle, params, attempt, { modelType, rules, needsText: false });
  };
}

interface Judgement {
  /** The type that the handler is registered for. */
  modelType: string;
  rules: AdapterRules;
  needsText: boolean;
}

/** The result of an attempt's handler. Not an async function: it adds one promise to each healthy call, and no more. */
function judged(
  handle: (params: unknown) => unknown,
  params: unknown,
  attempt: Attempt,
  { modelType, rules, needsText }: Judgement,
): Promise<unknown> {
  const { provider, own } = attempt.target;
  attempt.entered = true;
  const outcome = callWithOwnChunks(handle, params, attempt, rules) ?? Promise.resolve(handle(params));
  return outcome.then((result) => {
    if (isTextType(modelType) && isTextStreamResult(result)) {
      if (!own) silence(result);
      return commitStream(result, attempt, rules);
    }
    const failure = failureIn({ provider, modelType, params, needsText }, result);
    if (failure) throw failure;
    if (!rules.checkResult) return unlessLate(attempt, result);
    return rules.checkResult(result, { provider, modelType, params }).then((check) => {
      if (check !== undefined) throw refusedBy(provider, check);
      return unlessLate(attempt, result);
    });
  });
}

/** Thrown for a late result, so that core does not log it as the answer of the call. */
function unlessLate<T>(attempt: Attempt, result: T): T {
  if (!attempt.isRunning && !attempt.owner.commit(attempt)) throw new Error('another provider answered first');
  return result;
}

/** The result of a handler outside of attempts: in a pinned call, or called by another handler. */
function silenced(handle: (params: unknown) => unknown, params: unknown, modelType: string): Promise<unknown> {
  return Promise.resolve(handle(params)).then((result) => {
    if (isTextType(modelType) && isTextStreamResult(result)) silence(result);
    return result;
  });
}
