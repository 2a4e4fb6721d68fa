import { isOwnName } from '../../core/provider-name.js';
import { accountName, endpointAccount } from '../account-name.js';
import { useStore } from './process-store.js';
import { type CreateRedisClient, loadRedisPackage } from './redis-client.js';
import { settingPrefix } from './setting-prefix.js';
import { SharedAnswers } from './shared-answers.js';
import { SharedCircuits, type SharedCircuitsDeps } from './shared-circuits.js';
import { type SharedEndpoint, SharedEndpoints } from './shared-endpoints.js';

/** An endpoint of this agent. */
export interface OwnEndpoint extends Omit<SharedEndpoint, 'account'> {
  baseUrl: string;
  apiKey?: string;
}

export interface FleetDeps extends Omit<SharedCircuitsDeps, 'store' | 'accountOf'> {
  url: string;
  /** How long this agent keeps a cached answer, in milliseconds. @default 0 */
  answerTtlMs?: number;
  /** Those of this agent. @default none */
  endpoints?: readonly OwnEndpoint[];
  /**
   * The settings of a provider's plugin, as `NAME=value`, in a fixed order.
   * @param prefix with which their names begin.
   */
  settingsOf(prefix: string): string[];
  /** Redis cannot be reached: at the start, or after it could be. */
  onLost(): void;
  /** Redis is back. Not called for the first connection. */
  onBack(): void;
  /** @default that of the package `redis` */
  createClient?: CreateRedisClient;
}

/** What an agent shares with others. */
export interface Fleet {
  /** Looks for what the others know of a provider. */
  meet(provider: string, modelType: string): void;
  readonly endpoints: SharedEndpoints;
  readonly answers: SharedAnswers;
  leave(): void;
}

/**
 * Begins to share circuits. Loads code, and does not wait for Redis.
 * @throws {ConfigurationError} when the package `redis` is not installed.
 */
export async function joinFleet({
  url,
  settingsOf,
  onLost,
  onBack,
  createClient,
  endpoints: own = [],
  answerTtlMs = 0,
  ...deps
}: FleetDeps): Promise<Fleet> {
  const create = createClient ?? (await loadRedisPackage());
  let isLost = false;
  const { store, leave } = useStore(url, create, {
    onLost() {
      isLost = true;
      onLost();
    },
    onConnected() {
      circuits.refresh();
      if (isLost) onBack();
      isLost = false;
    },
  });
  const accountOf = (provider: string) => {
    // ElizaNet is the last resort: one agent's 429 there, if shared, would leave all others without an answer. Its load is
    // shared by `SharedEndpoints`.
    if (isOwnName(provider)) return undefined;
    return accountName(settingsOf(settingPrefix(provider)));
  };
  const circuits = new SharedCircuits({ ...deps, store, accountOf });
  const endpoints = new SharedEndpoints({
    store,
    clock: deps.clock,
    endpoints: own.map((endpoint) => ({ ...endpoint, account: endpointAccount(endpoint) })),
  });
  return {
    endpoints,
    answers: new SharedAnswers(store, deps.clock, answerTtlMs),
    meet(provider, modelType) {
      circuits.met(provider, undefined);
      circuits.met(provider, modelType);
    },
    leave() {
      circuits.close();
      endpoints.close();
      leave();
    },
  };
}
