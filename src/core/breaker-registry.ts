import {
  type BreakerChange,
  type BreakerDeps,
  type BreakerStateName,
  CircuitBreaker,
  type Permit,
} from './circuit-breaker.js';
import { breakerRule, type Failure } from './failure-rules.js';
import { ProviderHealth } from './provider-health.js';
import { isTokenizerType } from './tokenizer-type.js';

/** A permit for an attempt at one model type of a provider. See `Permit`. */
export interface ProviderPermit {
  readonly probe: boolean;
  /** Another model type of the provider was seen hanging, timing out or losing its connection since the last success. */
  readonly suspect: boolean;
  success(): void;
  failure(failure: Failure): void;
  release(): void;
}

/**
 * Receives what this agent sees of its providers, to pass it on to other agents. Must not throw. A model type of
 * undefined means the provider as a whole.
 */
export interface BreakerListener {
  /** A circuit is used for the first time. */
  met(provider: string, modelType: string | undefined): void;
  /** A failure counted that did not open the circuit. */
  counted(provider: string, modelType: string | undefined): void;
  /** An attempt begins that is the probe of the circuit. */
  probing(provider: string, modelType: string | undefined): void;
  answered(provider: string, modelType: string | undefined): void;
  changed(provider: string, modelType: string | undefined, state: BreakerStateName, details: BreakerChange): void;
}

export interface BreakerRegistryDeps extends Omit<BreakerDeps, 'onChange' | 'onCount'> {
  /**
   * Providers that pass requests on to several upstreams. An account that is empty or refused there is that of one
   * upstream, so it concerns one model type, never the whole provider. @default none
   */
  gateways?: ReadonlySet<string>;
  /** @param modelType undefined for the breaker of the whole provider. */
  onChange?(provider: string, modelType: string | undefined, state: BreakerStateName, details: BreakerChange): void;
}

/** Key of the breaker of a provider as a whole. */
const WHOLE_PROVIDER = '';

/** The breakers of one runtime: one for each provider and model type, and one for each provider's account. */
export class BreakerRegistry {
  /** By provider, then by model type. */
  readonly #breakers = new Map<string, Map<string, CircuitBreaker>>();
  readonly #healths = new Map<string, ProviderHealth>();
  readonly #isolated = new Set<string>();
  /** @default none */
  listener: BreakerListener | undefined;

  constructor(private readonly deps: BreakerRegistryDeps) {}

  /** Holds a provider out until `restore`: it gets no permit. */
  isolate(provider: string): void {
    this.#isolated.add(provider);
  }

  /** @returns false when it was not isolated. */
  restore(provider: string): boolean {
    return this.#isolated.delete(provider);
  }

  isIsolated(provider: string): boolean {
    return this.#isolated.has(provider);
  }

  /** @returns undefined while the circuit of the provider, or of this model type of it, is open, and while it is isolated. */
  tryAcquire(provider: string, modelType: string): ProviderPermit | undefined {
    if (this.#isolated.has(provider)) return undefined;
    const wide = this.#get(provider).tryAcquire();
    if (!wide) return undefined;
    const narrow = this.#get(provider, modelType).tryAcquire();
    const permit = narrow && this.#join(provider, modelType, wide, narrow);
    if (permit && !(permit.probe && this.#health(provider).isProbedEnough(this.deps))) {
      if (wide.probe) this.listener?.probing(provider, undefined);
      if (narrow.probe) this.listener?.probing(provider, modelType);
      return permit;
    }
    wide.release();
    narrow?.release();
    return undefined;
  }

  /** A permit in any state, for an attempt that is made because no other provider is left. */
  force(provider: string, modelType: string): ProviderPermit {
    return this.#join(provider, modelType, this.#get(provider).force(), this.#get(provider, modelType).force());
  }

  /**
   * Opens a circuit, or makes its deadline later, because another process has seen the provider fail.
   * @param modelType undefined for the whole provider.
   * @param untilMs see `CircuitBreaker.openUntil`.
   */
  openUntil(provider: string, modelType: string | undefined, untilMs: number): void {
    this.#get(provider, modelType).openUntil(untilMs);
  }

  /** See `CircuitBreaker.postponeProbe`. */
  postponeProbe(provider: string, modelType: string | undefined, untilMs: number): void {
    this.#get(provider, modelType).postponeProbe(untilMs);
  }

  /** See `CircuitBreaker.allowProbe`. */
  allowProbe(provider: string, modelType: string | undefined): void {
    this.#get(provider, modelType).allowProbe();
  }

  /** Milliseconds until a probe of this provider is let through; 0 unless open. */
  retryAfterMs(provider: string, modelType: string): number {
    return Math.max(this.#get(provider).retryAfterMs, this.#get(provider, modelType).retryAfterMs);
  }

  state(provider: string, modelType: string): BreakerStateName {
    const [wide, narrow] = [this.#get(provider).state, this.#get(provider, modelType).state];
    return wide === 'closed' || narrow === 'open' ? narrow : wide;
  }

  #join(provider: string, modelType: string, wide: Permit, narrow: Permit): ProviderPermit {
    const health = this.#health(provider);
    const isGateway = this.deps.gateways?.has(provider) ?? false;
    const { listener } = this;
    const onAnswer =
      listener &&
      (() => {
        listener.answered(provider, modelType);
        if (!isTokenizerType(modelType)) listener.answered(provider, undefined);
      });
    return new JoinedPermit(modelType, wide, narrow, this.deps, health, isGateway, onAnswer);
  }

  #health(provider: string): ProviderHealth {
    let health = this.#healths.get(provider);
    if (!health) {
      health = new ProviderHealth();
      this.#healths.set(provider, health);
    }
    return health;
  }

  #get(provider: string, modelType = WHOLE_PROVIDER): CircuitBreaker {
    let ofProvider = this.#breakers.get(provider);
    if (!ofProvider) {
      ofProvider = new Map();
      this.#breakers.set(provider, ofProvider);
    }
    let breaker = ofProvider.get(modelType);
    if (!breaker) {
      const concerned = modelType === WHOLE_PROVIDER ? undefined : modelType;
      breaker = new CircuitBreaker({
        ...this.deps,
        onChange: (state, details) => {
          this.deps.onChange?.(provider, concerned, state, details);
          this.listener?.changed(provider, concerned, state, details);
        },
        onCount: () => this.listener?.counted(provider, concerned),
      });
      ofProvider.set(modelType, breaker);
      this.listener?.met(provider, concerned);
    }
    return breaker;
  }
}

/** The two permits of an attempt: of the provider as a whole, and of its model type. */
class JoinedPermit implements ProviderPermit {
  #hasFailed = false;

  constructor(
    private readonly modelType: string,
    private readonly wide: Permit,
    private readonly narrow: Permit,
    private readonly deps: BreakerRegistryDeps,
    private readonly health: ProviderHealth,
    private readonly isGateway: boolean,
    private readonly onAnswer: (() => void) | undefined,
  ) {}

  get suspect(): boolean {
    return this.health.isSuspect(this.modelType);
  }

  get probe(): boolean {
    return this.wide.probe || this.narrow.probe;
  }

  success(): void {
    this.narrow.success();
    this.onAnswer?.();
    if (isTokenizerType(this.modelType)) return this.wide.release();
    this.health.answered();
    this.wide.success();
  }

  /** Counts once per attempt. A second failure may still trip a breaker, such as the quota behind a 429. */
  failure(failure: Failure): void {
    const { effect, reach } = breakerRule(failure);
    if (effect === 'ignore') return this.release();
    // A later failure of the same attempt says nothing recent: the provider may have answered since.
    if (!this.#hasFailed) this.health.failed(this.modelType, failure, this.deps.clock.now());
    if (this.#hasFailed && effect === 'count') return;
    this.#hasFailed = true;
    const isWide = reach === 'provider' && !this.isGateway;
    const [hit, spared] = isWide ? [this.wide, this.narrow] : [this.narrow, this.wide];
    hit.failure(effect, failure.retryAfterMs, failure);
    spared.freeProbe();
  }

  release(): void {
    this.wide.release();
    this.narrow.release();
  }
}
