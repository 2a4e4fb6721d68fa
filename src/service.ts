import { type IAgentRuntime, Service } from '@elizaos/core';
import type { HealthMonitor } from './chain/health-monitor.js';
import type { Timer } from './core/clock.js';
import type { AttemptRecord } from './core/failover-errors.js';
import { PROVIDER_NAME } from './core/provider-name.js';
import type { ElizaNetInstance } from './instance.js';
import { findInstance, openInstance } from './instances.js';
import { loadHandlers } from './models/load-handlers.js';
import type { CallRecord } from './observe/call-record.js';
import type { Health } from './openai/check-health.js';

/** Keeps preloading out of the agent's start. */
const WARM_UP_AFTER_MS = 1_000;

/** Removes the guard and closes the plugin's connections when the agent stops. */
export class ElizaNetFallbackService extends Service {
  static override serviceType: string = PROVIDER_NAME;
  override capabilityDescription = 'Answers through ElizaNet, a LiteLLM endpoint, when a model provider fails';

  #warmUp: Timer | undefined;
  #monitor: HealthMonitor | undefined;
  #stopped = false;

  static override async start(runtime: IAgentRuntime): Promise<ElizaNetFallbackService> {
    const instance = openInstance(runtime);
    const { clock, config, chain } = instance;
    const service = new ElizaNetFallbackService(runtime);
    if (config.ELIZANET_FALLBACK_ENABLED) {
      // The first call that fails over then does not wait for the code to load.
      service.#warmUp = clock.after(WARM_UP_AFTER_MS, () => {
        Promise.all([loadHandlers(), chain.warmUp(), service.#monitorHealth(instance)]).catch(() => {});
        instance.meetProviders();
      });
      service.#warmUp.unref?.();
    }
    return service;
  }

  override async stop(): Promise<void> {
    this.#stopped = true;
    this.#warmUp?.clear();
    this.#monitor?.stop();
    await findInstance(this.runtime)?.close();
  }

  async #monitorHealth(instance: ElizaNetInstance): Promise<void> {
    if (instance.config.ELIZANET_HEALTH_INTERVAL === 'off') return;
    const { HealthMonitor } = await import('./chain/health-monitor.js');
    if (this.#stopped) return;
    this.#monitor = new HealthMonitor(instance.healthOptions(instance.config.ELIZANET_HEALTH_INTERVAL));
    instance.onOwnCircuitOpened = (provider) => this.#monitor?.circuitOpened(provider);
    this.#monitor.start();
  }

  /**
   * Holds a provider out of failover until `restore`: no call goes to it but those that name it. For an endpoint of this
   * plugin, all of its models.
   * @param provider the name under which its models are registered, such as `openai`, or `elizanet-fallback-2`.
   */
  isolate(provider: string): void {
    openInstance(this.runtime).isolate(provider);
  }

  /** Takes a provider back. @returns false when it was not isolated. */
  restore(provider: string): boolean {
    return openInstance(this.runtime).restore(provider);
  }

  /** Checks whether ElizaNet is reachable and accepts the key. Lists its models and calls none. Never throws. */
  async healthCheck(): Promise<Health> {
    return openInstance(this.runtime).checkHealth();
  }
}

/** The last 100 calls of a runtime that failed over or failed, oldest first, with their attempts. */
export function getCallRecords(runtime: IAgentRuntime): readonly CallRecord[] {
  return findInstance(runtime)?.ledger.calls ?? [];
}

/** The attempts of the newest of them; empty while there is none. */
export function getLastAttempts(runtime: IAgentRuntime): readonly AttemptRecord[] {
  return findInstance(runtime)?.ledger.last?.attempts ?? [];
}
