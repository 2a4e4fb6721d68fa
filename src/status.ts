import type { IAgentRuntime } from '@elizaos/core';
import { endpointProvider } from './chain/routes.js';
import { PROVIDER_NAME } from './core/provider-name.js';
import { settingOf } from './endpoint-settings.js';
import type { Config } from './environment.js';
import { settingMeta } from './environment.js';
import type { HostRuntime } from './failover/core-compat.js';
import type { ElizaNetInstance } from './instance.js';
import { findInstance } from './instances.js';
import { type CallRecord, hasFailedOver } from './observe/call-record.js';
import type { OutageRecord } from './observe/outages.js';
import { packageVersion } from './observe/package-version.js';
import type { FailoverStatus, Phase } from './observe/status.js';
import { providersOf } from './registered-providers.js';
import { isDefault, SETTING_NAMES } from './setting-facts.js';

const SHOWN_FAILOVERS = 20;
const SHOWN_OUTAGES = 50;

/**
 * The state of failing over for one agent: endpoints, circuits, learned waits, the last failovers, budgets and settings.
 * Holds no prompt, answer or key. Costs no request.
 * @returns undefined if the plugin was not initialised for this runtime.
 */
export function getFailoverStatus(runtime: IAgentRuntime): FailoverStatus | undefined {
  const instance = findInstance(runtime);
  return instance && statusOf(instance);
}

export function statusOf(instance: ElizaNetInstance): FailoverStatus {
  const { runtime, config, clock, ledger, outages, tally } = instance;
  const circuits = outages.current.map(({ from, ...circuit }) => ({
    ...circuit,
    since: from,
    retryInMs: instance.breakers.retryAfterMs(circuit.provider, circuit.modelType ?? ''),
  }));
  const tokens = (direction: string) =>
    tally.of('tokens_total').reduce((sum, { labels, value }) => sum + (labels[2] === direction ? value : 0), 0);
  const callsThat = (...outcomes: string[]) =>
    tally
      .of('calls_total')
      .reduce((sum, { labels, value }) => sum + (outcomes.includes(labels[2] ?? '') ? value : 0), 0);
  return {
    version: packageVersion(),
    agent: { id: runtime.agentId, name: runtime.character?.name ?? '' },
    at: clock.wallNow(),
    enabled: config.ELIZANET_FALLBACK_ENABLED,
    phase: phaseOf(instance),
    endpoints: endpointsOf(instance),
    modelTypes: modelTypesOf(instance),
    circuits,
    waits: waitsOf(instance),
    failuresByKind: tally
      .of('failures_total')
      .map(({ labels: [provider = '', kind = ''], value: count }) => ({ provider, kind, count })),
    lastFailovers: ledger.calls.filter(isShown).slice(-SHOWN_FAILOVERS).reverse(),
    outages: outages.all.slice(-SHOWN_OUTAGES).reverse(),
    totals: {
      calls: tally.total('calls_total'),
      failovers: callsThat('failed_over'),
      unanswered: callsThat('unanswered', 'unanswered_text', 'placeholder'),
      inputTokens: tokens('input'),
      outputTokens: tokens('output'),
      costUsd: tally.total('cost_usd_total'),
    },
    settings: settingsOf(instance),
  };
}

/** Not a call that its first provider has answered in spite of a hedge. */
function isShown(call: CallRecord): boolean {
  return call.drill === true || !call.answered || hasFailedOver(call);
}

function endpointsOf({ chain, tally, unhealthy }: ElizaNetInstance): FailoverStatus['endpoints'] {
  return chain.links.map(({ number, endpoint }) => {
    const name = endpointProvider(number);
    // A request is counted by its route, which can be a further model of the endpoint.
    const ofEndpoint = tally
      .of('requests_in_flight')
      .filter(({ labels: [route = ''] }) => chain.endpointOf(route) === name);
    return {
      name,
      host: new URL(endpoint.origin).host,
      encrypted: endpoint.origin.startsWith('https:'),
      hasKey: endpoint.apiKey !== undefined,
      inFlight: ofEndpoint.reduce((sum, { value }) => sum + value, 0),
      retriesLeft: endpoint.retries.available,
      healthy: !unhealthy.has(name),
    };
  });
}

/** Those of the first endpoint, and the addresses of the others. */
function settingsOf({ config, chain }: ElizaNetInstance): FailoverStatus['settings'] {
  const first = SETTING_NAMES.map((name) => {
    const models = chain.modelsIn(name);
    const isList = models.length > 1;
    return {
      name,
      value: isList ? models.join() : shownValue(config, name),
      isDefault: !isList && isDefault(config, name),
    };
  });
  const others = chain.links.slice(1).map(({ number, endpoint }) => ({
    name: settingOf('ELIZANET_BASE_URL', number),
    value: endpoint.origin,
    isDefault: false,
  }));
  return [...first, ...others];
}

/** The providers of each model type that the runtime has a handler for, in the order in which they are asked. */
function modelTypesOf({ runtime, breakers, chain }: ElizaNetInstance): FailoverStatus['modelTypes'] {
  const { models } = runtime as HostRuntime;
  return [...models.keys()].map((modelType) => {
    const registered = new Set(models.get(modelType)?.map(({ provider }) => provider));
    // core knows all routes under one name.
    const serves = (provider: string) => registered.has(chain.routes.get(provider) ? PROVIDER_NAME : provider);
    const providers = providersOf(runtime, chain.routes, modelType).filter(serves);
    const isAsked = (provider: string) =>
      !breakers.isIsolated(provider) && breakers.state(provider, modelType) !== 'open';
    return { modelType, providers, answeredBy: providers.find(isAsked) };
  });
}

function waitsOf({ habits }: ElizaNetInstance): FailoverStatus['waits'] {
  return habits.all.flatMap(({ target: { provider, modelType }, habits: { firstOutput, hedges } }) =>
    (['plain', 'stream'] as const).flatMap((form) => {
      const { usualMs, waitMs } = firstOutput[form];
      if (usualMs === undefined) return [];
      return [{ provider, modelType, form, usualMs, hedgeAfterMs: Math.round(waitMs), hedgesLeft: hedges.available }];
    }),
  );
}

function phaseOf({ config, tally, outages, unhealthy, chain }: ElizaNetInstance): Phase {
  if (!config.ELIZANET_FALLBACK_ENABLED) return 'off';
  const { routes } = chain;
  const current = outages.current;
  const isOwn = ({ provider }: OutageRecord) => routes.get(provider) !== undefined;
  // ElizaNet answers as long as one endpoint is left.
  const isBroken = chain.links.every(({ number }) => unhealthy.has(endpointProvider(number)));
  const isRefusing = current
    .filter(isOwn)
    .some(({ modelType }) =>
      (modelType === undefined ? routes.all : routes.of(modelType)).every(({ name }) =>
        current.some((other) => other.provider === name && (other.modelType ?? modelType) === modelType),
      ),
    );
  const isDown = isBroken || isRefusing;
  const isOutage = !current.every(isOwn);
  if (isDown) return isOutage ? 'down' : 'elizanet_down';
  if (isOutage) return 'outage';
  // core embeds once at an agent's start.
  const isOfUsers = ({ labels: [modelType] }: { labels: readonly string[] }) => modelType !== 'TEXT_EMBEDDING';
  return tally.of('calls_total').some(isOfUsers) ? 'healthy' : 'empty';
}

/** A secret is never shown, nor the path of an address, which can hold one. */
function shownValue(config: Config, name: keyof Config): string {
  const value = config[name];
  if (value === undefined) return '';
  if (settingMeta(name).sensitive) return '***';
  if (name === 'ELIZANET_BASE_URL') return new URL(config.ELIZANET_BASE_URL).origin;
  return value instanceof Set ? [...value].join() : String(value);
}
