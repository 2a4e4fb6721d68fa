import type { AgentEndpoints } from './agent-endpoints.js';
import type { ConnectedExtensions } from './extensions.js';
import type { GuardDeps } from './failover/guard.js';
import type { HabitMemory } from './failover/target-habits.js';
import type { ModelContext } from './models/context.js';
import { type Embed, embedInSpace } from './models/embedding/check-space.js';
import { placeholderFor } from './models/embedding/placeholder.js';
import { textToEmbed } from './models/embedding/text-to-embed.js';
import { loadHandlers } from './models/load-handlers.js';

/** What the guard needs of an agent. */
interface Guarded extends ModelContext {
  chain: AgentEndpoints;
  habits: HabitMemory;
}

/** What the guard works with: settings, circuits, endpoints, embeddings and extensions of one agent. */
export function guardDeps(agent: Guarded, { classify, checkResult }: ConnectedExtensions): GuardDeps {
  const { config, breakers, clock, observer, log, space, chain, habits } = agent;
  return {
    breakers,
    clock,
    fallbackOn: config.ELIZANET_FALLBACK_ON,
    onInterrupted: config.ELIZANET_ON_INTERRUPTED,
    primaryTimeoutMs: config.ELIZANET_PRIMARY_TIMEOUT,
    earlyFailover: config.ELIZANET_EARLY_FAILOVER,
    primaryIdleTimeout: config.ELIZANET_PRIMARY_IDLE_TIMEOUT,
    hedgeAfter: config.ELIZANET_HEDGE_AFTER,
    probeHedgeMs: config.ELIZANET_PROBE_HEDGE,
    habitsOf: habits.of,
    classify,
    checkResult,
    preferOwnTokenizer: config.ELIZANET_PREFER_OWN_TOKENIZER,
    onCallEnded: (call) => observer.tell({ type: 'call_ended', call }),
    unansweredText: config.ELIZANET_UNANSWERED_TEXT,
    lastResort: (modelType, errors) => placeholderFor(agent, modelType, errors),
    learnEmbedding: (provider, params, vector) => space.learn(provider, textToEmbed(params), vector),
    embedInSpace: async ({ provider, modelType }, params, embed, call) => {
      const route = chain.routes.get(provider);
      // core 2.x also asks for types that `ELIZANET_MODEL_TYPES` leaves out. The handler refuses: nothing is to be compared.
      if (route && !chain.routes.of(modelType).includes(route)) return call();
      // With the handlers loaded, the call's text and the reference text share one request.
      await loadHandlers();
      if (route) return embedInSpace(chain.contextOf(route), provider, params, undefined, call);
      return embedInSpace(agent, provider, params, embed as Embed, call);
    },
    routesOf: (modelType) => chain.routes.of(modelType).map(({ name }) => name),
    sortRoutes: chain.sorts ? (names, type, params) => chain.sort(names, type, params) : undefined,
    isDrill: config.ELIZANET_DRILL === 'off' ? undefined : (modelType) => chain.isDrill(modelType),
    onOwnOutput: ({ provider, modelType }, ms) => chain.learnOutput(provider, modelType, ms),
    takesPrompt: ({ provider, modelType }, params) => chain.takesPrompt(provider, modelType, params),
    onProviderDropped: () => log.writeOnce('provider_dropped', {}),
  };
}
