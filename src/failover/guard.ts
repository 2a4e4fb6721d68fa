import type { IAgentRuntime } from '@elizaos/core';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { adaptHandlers, restoreHandlers } from './adapt-handler.js';
import { type Attempt, runStraight, type Target } from './attempt.js';
import { endCutStream, type HostRuntime, isTokenizerType, streamingContext, type UseModel } from './core-compat.js';
import { Race, type RaceDeps } from './race.js';
import { createPlanner } from './targets.js';
import { installWireSignal, observedFetch } from './wire-signal.js';

export interface GuardDeps extends RaceDeps {
  /** ElizaNet's tokenizer serves instead of the primaries'. */
  preferOwnTokenizer: boolean;
}

/** Takes the guard off again: the runtime and its handlers are as they were. */
export type Uninstall = () => void;

/**
 * Puts failover on a runtime: published cores call the first handler of a type and never another one.
 *
 * The override sits on the instance, once. A call that is pinned to a provider, or whose type has one provider, goes
 * straight to the original. All others are asked of each provider in core's own order until one answers; each attempt
 * is a pinned call of the original, so that core's log names who answered, on a copy of the params, because core
 * writes to them.
 */
export function installGuard(agentRuntime: IAgentRuntime, deps: GuardDeps): Uninstall {
  const runtime = agentRuntime as HostRuntime;
  const before = Object.getOwnPropertyDescriptor(runtime, 'useModel');
  const original = runtime.useModel as UseModel;
  let active = true;
  // Whoever encodes has to decode too, or the text may be another one: once ElizaNet had to, it does both from then on.
  let ownTokenizer = deps.preferOwnTokenizer;
  const rules: RaceDeps = {
    ...deps,
    onAnswer(target, value, params) {
      ownTokenizer ||= target.provider === PROVIDER_NAME && isTokenizerType(target.modelType);
      deps.onAnswer(target, value, params);
    },
  };

  const guarded: UseModel = (modelType, params, provider) => {
    const context = streamingContext();
    const userSignal = signalIn(params) ?? context?.abortSignal;
    const asItIs = () => original.call(runtime, modelType, params, provider);
    if (!active || provider !== undefined) return runStraight(asItIs, userSignal);
    const asked = String(modelType);
    const { targets, servedBy, own } = plan(asked);
    // core resolves the types of its own chains itself, and reads the settings of the one that was asked for.
    const pinned = (target: Target, ownParams: unknown) => {
      const called = servedBy.includes(target.modelType) ? asked : target.modelType;
      return original.call(runtime, called, ownParams, target.provider);
    };
    if (own && ownTokenizer && isTokenizerType(asked)) return runStraight(() => pinned(own, params), userSignal);
    const [only] = targets;
    if (targets.length < 2) {
      const start = only && !servedBy.includes(only.modelType) ? () => pinned(only, params) : asItIs;
      // Our own handlers need nothing of a scope but that signal, and the first scope makes each promise of a process cost
      // more from then on: it waits for something to fail over from.
      return only === own && !userSignal ? start() : runStraight(start, userSignal);
    }
    const invoke = (attempt: Attempt, quiet: boolean) => pinned(attempt.target, paramsFor(attempt, params, quiet));
    const endStream = context && (() => endCutStream(context));
    return new Race({ modelType: asked, params, targets, userSignal, invoke, endStream }, rules).run();
  };
  const plan = createPlanner(runtime, ({ targets }) => adaptHandlers(runtime, targets, rules));

  runtime.useModel = guarded as HostRuntime['useModel'];
  const removeWireSignal = installWireSignal();
  // core keeps the fetch it found when it was made; plugins that use it must not be out of our sight (Bun).
  const ownFetch = runtime.fetch;
  runtime.fetch = observedFetch(ownFetch);
  return () => {
    active = false;
    removeWireSignal();
    runtime.fetch = ownFetch;
    restoreHandlers(runtime);
    // Someone who wrapped us later keeps a reference to us: then we stay, as a pass-through.
    if (runtime.useModel !== (guarded as unknown)) return;
    if (before) Object.defineProperty(runtime, 'useModel', before);
    else Reflect.deleteProperty(runtime, 'useModel');
  };
}

/** A fresh copy for each attempt; `Object.assign` into a literal, because a spread costs core 6 µs more per call. */
function paramsFor(attempt: Attempt, params: unknown, quiet: boolean): unknown {
  if (!isPlainObject(params)) return params;
  const copy: Record<string, unknown> = Object.assign({}, params);
  if ('abortSignal' in copy) copy.abortSignal = attempt.signal;
  if (quiet) {
    copy.stream = false;
    delete copy.onStreamChunk;
  }
  return copy;
}

function signalIn(params: unknown): AbortSignal | undefined {
  const signal = isPlainObject(params) ? params.abortSignal : undefined;
  return signal instanceof AbortSignal ? signal : undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
