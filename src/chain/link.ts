import type { Clock, Random } from '../core/clock.js';
import { endpointAdvice, endpointName } from '../endpoint-advice.js';
import { Endpoint } from '../http/endpoint.js';
import type { Transport } from '../http/transport/transport.js';
import type { EndpointConfig } from '../resolve-config.js';
import { Abilities } from './abilities.js';
import { Budget } from './budget.js';
import { endpointProvider } from './routes.js';

/** One endpoint of an agent, with what is known of it. */
export interface Link {
  /** 1 for the first one. */
  number: number;
  endpoint: Endpoint;
  abilities: Abilities;
  /** Undefined without a limit. */
  budget?: Budget;
  /** It has stated what a request cost. */
  statesCosts: boolean;
}

export interface LinkDeps {
  clock: Clock;
  random: Random;
  /** Makes the connections. @default undici on Node, fetch on Bun */
  transport?: Transport;
  onUpgrade(provider: string): void;
  onBudgetReached(provider: string, limit: string): void;
  onRetryRefused(provider: string): void;
  onCost(provider: string, usd: number): void;
}

export function createLink({ number, config, proxies }: EndpointConfig, deps: LinkDeps): Link {
  const { clock, random, transport } = deps;
  const provider = endpointProvider(number);
  const { ELIZANET_MAX_COST_PER_DAY: maxCostPerDay, ELIZANET_MAX_CALLS_PER_HOUR: maxCallsPerHour } = config;
  const onReached = (limit: string) => deps.onBudgetReached(provider, limit);
  const isLimited = maxCostPerDay > 0 || maxCallsPerHour > 0;
  const budget = isLimited ? new Budget({ clock, maxCostPerDay, maxCallsPerHour, onReached }) : undefined;
  const endpoint = new Endpoint({
    name: endpointName(number),
    advice: endpointAdvice(number),
    baseUrl: config.ELIZANET_BASE_URL,
    apiKey: config.ELIZANET_API_KEY,
    maxConcurrency: config.ELIZANET_MAX_CONCURRENCY,
    proxies,
    clock,
    random,
    transport,
    onUpgrade: () => deps.onUpgrade(provider),
    onRetryRefused: () => deps.onRetryRefused(provider),
    onCost(usd) {
      deps.onCost(provider, usd);
      link.statesCosts = true;
      budget?.pay(usd);
    },
  });
  const link: Link = { number, endpoint, abilities: new Abilities(endpoint, clock), budget, statesCosts: false };
  return link;
}
