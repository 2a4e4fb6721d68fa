import type { IAgentRuntime } from '@elizaos/core';
import type { ExtensionHooks } from '../core/extension-points.js';
import { adaptHandlers, restoreHandlers } from './adapt-handler.js';
import { paramsForAttempt, userAbortIn } from './call-params.js';
import { CallsInFlight } from './calls-in-flight.js';
import {
  asksForStream,
  coreFailsOver,
  endCutStream,
  type HostRuntime,
  streamingContext,
  type UseModel,
} from './core-compat.js';
import { CoreLoop } from './core-loop.js';
import { deliverText } from './deliver-text.js';
import { LateWork } from './late-work.js';
import { type LineUpRules, lineUp } from './line-up.js';
import { Race } from './race.js';
import type { RaceRules } from './race-rules.js';
import { runStraight } from './straight-call.js';
import type { Target } from './target.js';
import { createPlanner } from './targets.js';
import { TokenizerPair } from './tokenizer-pair.js';
import { installWireSignal, observedFetch } from './wire-signal.js';

export interface GuardDeps extends Omit<RaceRules, 'late'>, LineUpRules, Pick<ExtensionHooks, 'checkResult'> {
  /** Names the routes to own endpoints that serve a model type. @default one, for every type */
  routesOf?(modelType: string): readonly string[];
  /** ElizaNet's tokenizer serves instead of the primaries'. */
  preferOwnTokenizer: boolean;
  /** Learns the agent's embedding space from a vector of its first provider. */
  learnEmbedding(provider: string, params: unknown, vector: unknown): void;
  /**
   * Lets another provider embed, when its vectors are of the agent's space.
   * @param embed embeds a text with that provider.
   */
  embedInSpace(
    target: Target,
    params: unknown,
    embed: (text: string) => Promise<unknown>,
    call: () => Promise<unknown>,
  ): Promise<unknown>;
  /** Another plugin's wrapper of `useModel` does not pass the provider on. */
  onProviderDropped(): void;
}

/** Takes the guard off again: the runtime and its handlers are as they were. */
export type Uninstall = () => void;

const EMBEDDING = 'TEXT_EMBEDDING';
/** Does not fail over: core embeds one by one when it fails, and each of those calls is checked for its space. */
const BATCH = 'TEXT_EMBEDDING_BATCH';

/**
 * Puts failover on a runtime: published cores call the first handler of a type and never another one.
 *
 * The override sits on the instance, once. A call that is pinned to a provider, or whose type has no target of ElizaNet
 * and one provider, goes straight to the original. All others are asked of each provider in core's own order until one
 * answers; each attempt is a pinned call of the original, so that core's log names the provider that answered, on a copy
 * of the params, because core writes to them. A core that fails over itself is asked once instead: see `CoreLoop`.
 */
export function installGuard(agentRuntime: IAgentRuntime, deps: GuardDeps): Uninstall {
  const runtime = agentRuntime as HostRuntime;
  const before = Object.getOwnPropertyDescriptor(runtime, 'useModel');
  const original = runtime.useModel as UseModel;
  const late = new LateWork(deps.clock);
  const rules = { ...deps, late };
  const tokenizers = new TokenizerPair(deps.preferOwnTokenizer);
  let active = true;
  const calls = new CallsInFlight();

  const answer: UseModel = (modelType, params, provider) => {
    const context = streamingContext();
    const userAbort = userAbortIn(params, context?.abortSignal);
    const straight = () => runStraight(() => original.call(runtime, modelType, params, provider), userAbort.signal);
    if (!active) return straight();
    const asked = String(modelType);
    // Also for a pinned call: it adapts the handlers of the type.
    const planned = plan(asked);
    if (provider !== undefined) return straight();
    const { servedBy, own, coreLoops } = planned;
    const { targets, sortOwn, drill } = lineUp(planned, deps, params);
    const isFirst = (target: Target) => target === planned.targets[0];
    // core resolves the types of its own chains itself, and reads the settings of the type that was asked for.
    const pinned = ({ modelType, registeredAs }: Target, ownParams: unknown) =>
      original.call(runtime, servedBy.includes(modelType) ? asked : modelType, ownParams, registeredAs);
    if (targets.length < (own ? 1 : 2) || asked === BATCH) return straight();
    const only = tokenizers.only(asked, planned);
    if (only) return runStraight(() => pinned(only, params), userAbort.signal);
    const inSpace = (target: Target, call: () => Promise<unknown>) =>
      asked === EMBEDDING ? deps.embedInSpace(target, params, (text) => pinned(target, { text }), call) : call();
    const streams = asksForStream(asked, params, context);
    const race = new Race(
      {
        modelType: asked,
        params,
        streams,
        targets,
        sortOwn,
        drill,
        userAbort,
        invoke(attempt, quiet) {
          const { target } = attempt;
          const call = () =>
            pinned(
              target,
              paramsForAttempt(params, () => attempt.signal, quiet),
            );
          return isFirst(target) ? call() : inSpace(target, call);
        },
        source: coreLoops
          ? (race) =>
              new CoreLoop(race, {
                targets,
                sortOwn,
                drill,
                breakers: deps.breakers,
                userAbort,
                ask: (quiet) =>
                  original.call(
                    runtime,
                    modelType,
                    quiet ? paramsForAttempt(params, () => userAbort.signal, quiet) : params,
                  ),
                standIn: inSpace,
              })
          : undefined,
        onAnswer(target, value, wasFirst) {
          tokenizers.answered(asked, target);
          // Where only endpoints of this plugin embed, the store is that of the first one.
          const isOwners = coreLoops && !target.own ? wasFirst : isFirst(target) && targets.length > 1;
          if (asked === EMBEDDING && isOwners) deps.learnEmbedding(target.provider, params, value);
        },
        say: (text, quiet) => deliverText(text, { params, context, streams: streams && !quiet }),
        endStream: context && (() => endCutStream(context)),
        onSettled: calls.end,
      },
      rules,
    );
    calls.begin();
    return race.run();
  };
  // Core's is async: it rejects and never throws.
  const guarded: UseModel = (...args) => {
    try {
      return answer(...args);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const plan = createPlanner(runtime, (modelTypes) => adaptHandlers(runtime, modelTypes, rules), deps.routesOf);

  runtime.useModel = guarded as HostRuntime['useModel'];
  const removeWireSignal = installWireSignal(coreFailsOver(runtime));
  // core keeps the fetch it found when it was created; on Bun, requests of plugins that use it must be seen too.
  const ownFetch = runtime.fetch;
  const seenFetch = observedFetch(ownFetch);
  runtime.fetch = seenFetch;
  return () => {
    active = false;
    late.end();
    removeWireSignal();
    if (runtime.fetch === seenFetch) runtime.fetch = ownFetch;
    // Calls under way still fail over, to handlers that may hang or apologise.
    calls.whenOver(() => restoreHandlers(runtime, rules));
    // A later wrapper keeps a reference to this override: then it stays, as a pass-through.
    if (runtime.useModel !== (guarded as unknown)) return;
    if (before) Object.defineProperty(runtime, 'useModel', before);
    else Reflect.deleteProperty(runtime, 'useModel');
  };
}
