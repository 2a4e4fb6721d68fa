import type { ModelHandler } from '@elizaos/core';
import { currentScope } from '../core/attempt-scope.js';
import { findDisguise } from '../core/disguised-failure.js';
import { DisguisedFailureError } from '../core/failover-errors.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { currentAttempt, type Target } from './attempt.js';
import { type HostRuntime, isTextStreamResult } from './core-compat.js';
import { commitStream, type StreamRules, silence } from './stream-commit.js';

type Handler = ModelHandler['handler'];

/** Entries whose handler is adapted, with what the property was before. */
const adaptedFrom = new WeakMap<ModelHandler, PropertyDescriptor>();

/**
 * Puts an adapter around the handlers of these targets, once each: a stream is held back until its first text, and what
 * a provider returns in place of an answer is thrown as the failure it is. Inside core's `useModel`, that is before core
 * delivers a chunk, or writes an apology into the agent's log as an answer.
 */
export function adaptHandlers(runtime: HostRuntime, targets: readonly Target[], rules: StreamRules): void {
  for (const target of targets) {
    for (const entry of runtime.models.get(target.modelType) ?? []) {
      if (!adaptedFrom.has(entry)) adaptEntry(entry, target.modelType, rules);
    }
  }
}

/** Takes every adapter off again. */
export function restoreHandlers(runtime: HostRuntime): void {
  for (const entry of [...runtime.models.values()].flat()) {
    const before = adaptedFrom.get(entry);
    if (before) Object.defineProperty(entry, 'handler', before);
    adaptedFrom.delete(entry);
  }
}

/**
 * Only calls see the adapter. For all others the entry holds the handler that was registered: core 2.x finds the models
 * of a plugin that is unloaded by it.
 */
function adaptEntry(entry: ModelHandler, modelType: string, rules: StreamRules): void {
  const before = Object.getOwnPropertyDescriptor(entry, 'handler') ?? { value: entry.handler };
  adaptedFrom.set(entry, before);
  const registered = (): Handler => (before.get ? before.get.call(entry) : before.value);
  let adapted: { from: Handler; to: Handler } | undefined;
  Object.defineProperty(entry, 'handler', {
    configurable: true,
    enumerable: true,
    get: () => {
      const handler = registered();
      if (!currentScope()) return handler;
      if (adapted?.from !== handler) {
        adapted = { from: handler, to: adapt(handler, { provider: entry.provider, modelType }, rules) };
      }
      return adapted.to;
    },
    set: (handler: Handler) => {
      if (before.set) before.set.call(entry, handler);
      else before.value = handler;
    },
  });
}

function adapt(handler: Handler, { provider, modelType }: Target, rules: StreamRules): Handler {
  // Not an async function: one promise more for each healthy call is all that this is to cost.
  return (runtime, params) => {
    const attempt = currentAttempt(provider);
    return Promise.resolve(handler(runtime, params)).then((result) => {
      if (isTextStreamResult(result)) {
        // Our own stream handles its promises itself.
        if (provider !== PROVIDER_NAME) silence(result);
        return attempt ? commitStream(result, attempt, rules) : result;
      }
      // A stand-in vector of ours is declared as one.
      if (!attempt || attempt.standInFor !== undefined) return result;
      const disguise =
        findDisguise(provider, modelType, params, result) ??
        (attempt.failureOnWire && 'something, though every request it made had failed,');
      if (disguise) throw new DisguisedFailureError(provider, disguise);
      return result;
    });
  };
}
