import type { Clock, Random, Timer } from '../core/clock.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import { ProviderTimeoutError } from '../core/errors.js';
import type { Health } from '../openai/check-health.js';

/** An endpoint, as its health is watched. */
export interface Watched {
  /** Names it among the providers. */
  readonly provider: string;
  /** Asks the endpoint. Never throws. */
  check(): Promise<Health>;
}

export interface HealthMonitorOptions {
  endpoints: readonly Watched[];
  clock: Clock;
  /** Spreads the checks of many agents. */
  random: Random;
  /** Between two checks of healthy endpoints, in milliseconds; 0 = no checks while all are healthy. */
  intervalMs: number;
  /** Called when the first check has failed, and whenever a check finds another health than the one before. */
  onChange(provider: string, healthy: boolean, health: Health): void;
  /** Called after the first check that an endpoint has answered. */
  onFirstCheck(provider: string): void;
}

/** Keeps the first checks out of the agent's start, and apart: the agents of a host are often started together. */
const FIRST_CHECK = { earliestMs: 4_000, jitterRatio: 2 };
/** Between two checks of an endpoint that is failing. */
const RECHECK_MS = 30_000;
const JITTER_RATIO = 0.5;

/**
 * Checks each endpoint once soon after the start, so that a broken one is known before it is needed, and then one that is
 * failing until it answers again. While all are healthy it does nothing, unless an interval is set.
 */
export class HealthMonitor {
  /** What the last check has found. */
  readonly #healthy = new Map<string, boolean>();
  /** Endpoints whose circuit has opened since their last good check. */
  readonly #suspects = new Set<string>();
  /** Endpoints that have answered a check. */
  readonly #met = new Set<string>();
  #timer: Timer | undefined;
  #checking = false;
  /** The timer that is set is not that of an interval. */
  #isSoon = true;
  #stopped = false;

  constructor(private readonly options: HealthMonitorOptions) {}

  start(): void {
    this.#checkAfter(FIRST_CHECK.earliestMs, () => true, FIRST_CHECK.jitterRatio);
  }

  /** The circuit of an endpoint has opened. */
  circuitOpened(provider: string): void {
    this.#suspects.add(provider);
    // A timer for endpoints that are failing checks it too.
    if (this.#checking || this.#isSoon) return;
    this.#timer?.clear();
    this.#scheduleNext();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #checkAfter(delayMs: number, isDue: (endpoint: Watched) => boolean, jitterRatio = JITTER_RATIO): void {
    if (this.#stopped) return;
    const { clock, random, endpoints } = this.options;
    this.#timer = clock.after(delayMs * (1 + jitterRatio * random()), () => {
      this.#timer = undefined;
      void this.#check(endpoints.filter(isDue));
    });
    // The timer must not keep the process alive.
    this.#timer.unref?.();
  }

  async #check(endpoints: readonly Watched[]): Promise<void> {
    this.#checking = true;
    await Promise.all(
      endpoints.map(async (endpoint) => {
        const health = await endpoint.check();
        if (!this.#stopped) this.#note(endpoint.provider, health);
      }),
    );
    this.#checking = false;
    this.#scheduleNext();
  }

  #scheduleNext(): void {
    const { endpoints, intervalMs } = this.options;
    const isFailing = ({ provider }: Watched) => this.#healthy.get(provider) === false || this.#suspects.has(provider);
    this.#isSoon = endpoints.some(isFailing);
    if (this.#isSoon) this.#checkAfter(RECHECK_MS, isFailing);
    else if (intervalMs > 0) this.#checkAfter(intervalMs, () => true);
  }

  #note(provider: string, health: Health): void {
    // It was not asked: all of its connections are in use.
    if (health.error instanceof ProviderTimeoutError && health.error.phase === 'queue') {
      this.#suspects.add(provider);
      return;
    }
    const before = this.#healthy.get(provider);
    const healthy = isHealthy(health);
    this.#healthy.set(provider, healthy);
    if (healthy) this.#suspects.delete(provider);
    if (healthy !== (before ?? true)) this.options.onChange(provider, healthy, health);
    if ((healthy || health.reachable) && !this.#met.has(provider)) {
      this.#met.add(provider);
      this.options.onFirstCheck(provider);
    }
  }
}

/** Not every server lists its models, and one that limits the rate of requests is there. */
function isHealthy({ reachable, key, error }: Health): boolean {
  if (reachable) return key !== 'refused';
  const status = isElizaNetError(error) ? (error.statusCode ?? 0) : 0;
  return status >= 400 && status < 500;
}
