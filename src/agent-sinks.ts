import type { IAgentRuntime } from '@elizaos/core';
import type { AgentEndpoints } from './agent-endpoints.js';
import type { Clock } from './core/clock.js';
import type { Config } from './environment.js';
import { createChainSink } from './observe/chain-sink.js';
import { createEventSink, emitNotice } from './observe/events.js';
import type { History } from './observe/history.js';
import type { Ledger } from './observe/ledger.js';
import type { Log } from './observe/log.js';
import { createLogSink } from './observe/log-sink.js';
import { createMetricsSink } from './observe/metrics/metrics-sink.js';
import type { Tally } from './observe/metrics/tally.js';
import { Notices } from './observe/notices.js';
import type { ObservationSink } from './observe/observer.js';
import type { Outages } from './observe/outages.js';
import { createTelemetrySink } from './observe/telemetry/telemetry-sink.js';
import { providersOf } from './registered-providers.js';

/** What keeps or passes on the observations of one agent. */
interface Observed {
  runtime: IAgentRuntime;
  config: Config;
  clock: Clock;
  log: Log;
  chain: AgentEndpoints;
  ledger: Ledger;
  outages: Outages;
  history: History;
  tally: Tally;
  unhealthy: Set<string>;
}

function createHealthSink(unhealthy: Set<string>, endpointOf: (route: string) => string): ObservationSink {
  return (observation) => {
    if (observation.type === 'operation_completed') unhealthy.delete(endpointOf(observation.provider));
    if (observation.type !== 'endpoint_health_changed') return;
    if (observation.healthy) unhealthy.delete(observation.provider);
    else unhealthy.add(observation.provider);
  };
}

/** All that is told of an agent's observations: its records, metrics, traces, log, events and endpoints. */
export function sinksOf(agent: Observed): ObservationSink[] {
  const { runtime, config, clock, log, chain, ledger, outages, history, tally, unhealthy } = agent;
  const sinks = [
    ledger.observe,
    outages.observe,
    history.observe,
    createMetricsSink(tally, chain.routes.names),
    createTelemetrySink(),
    createLogSink(log, (provider) => chain.addressOf(provider), {
      clock,
      providersOf: (type) => providersOf(runtime, chain.routes, type),
      tellsOutages: config.ELIZANET_NOTIFY !== 'off',
    }),
    createEventSink(runtime, (route) => chain.endpointOf(route)),
    createChainSink(chain),
    createHealthSink(unhealthy, (route) => chain.endpointOf(route)),
  ];
  if (config.ELIZANET_NOTIFY !== 'event') return sinks;
  return [...sinks, new Notices(clock, (notice) => emitNotice(runtime, notice)).observe];
}
