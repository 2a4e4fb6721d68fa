import { type BreakerDeps, type BreakerStateName, CircuitBreaker, type Permit } from './circuit-breaker.js';
import { breakerRule, type Failure } from './failure-rules.js';

/** A permit that takes a classified failure and knows how wide it reaches. */
export interface ProviderPermit {
  readonly probe: boolean;
  success(): void;
  failure(failure: Failure): void;
  release(): void;
}

export interface BreakerRegistryDeps extends Omit<BreakerDeps, 'onChange'> {
  /** @param modelType undefined when the whole provider is meant. */
  onChange?(provider: string, modelType: string | undefined, state: BreakerStateName): void;
}

/** Stands for all model types of a provider. */
const WHOLE_PROVIDER = '';

/** The breakers of one runtime, by provider × model type, with one more per provider for what concerns its account. */
export class BreakerRegistry {
  /** By provider, then by model type. */
  readonly #breakers = new Map<string, Map<string, CircuitBreaker>>();

  constructor(private readonly deps: BreakerRegistryDeps) {}

  /** @returns undefined when this provider is to be left alone for now. */
  tryAcquire(provider: string, modelType: string): ProviderPermit | undefined {
    const wide = this.#get(provider).tryAcquire();
    if (!wide) return undefined;
    const narrow = this.#get(provider, modelType).tryAcquire();
    if (!narrow) {
      wide.release();
      return undefined;
    }
    return new JoinedPermit(wide, narrow);
  }

  /** A permit whatever the state: an open breaker must not turn a provider away when there is no other. */
  force(provider: string, modelType: string): ProviderPermit {
    return new JoinedPermit(this.#get(provider).force(), this.#get(provider, modelType).force());
  }

  /** Milliseconds until a probe of this provider is let through; 0 unless open. */
  retryAfterMs(provider: string, modelType: string): number {
    return Math.max(this.#get(provider).retryAfterMs, this.#get(provider, modelType).retryAfterMs);
  }

  state(provider: string, modelType: string): BreakerStateName {
    const [wide, narrow] = [this.#get(provider).state, this.#get(provider, modelType).state];
    return wide === 'closed' || narrow === 'open' ? narrow : wide;
  }

  #get(provider: string, modelType = WHOLE_PROVIDER): CircuitBreaker {
    let ofProvider = this.#breakers.get(provider);
    if (!ofProvider) {
      ofProvider = new Map();
      this.#breakers.set(provider, ofProvider);
    }
    let breaker = ofProvider.get(modelType);
    if (!breaker) {
      const onChange = (state: BreakerStateName) =>
        this.deps.onChange?.(provider, modelType === WHOLE_PROVIDER ? undefined : modelType, state);
      breaker = new CircuitBreaker({ ...this.deps, onChange });
      ofProvider.set(modelType, breaker);
    }
    return breaker;
  }
}

/** Both permits of an attempt: that of the provider as a whole, and that of its model type. */
class JoinedPermit implements ProviderPermit {
  constructor(
    private readonly wide: Permit,
    private readonly narrow: Permit,
  ) {}

  get probe(): boolean {
    return this.wide.probe || this.narrow.probe;
  }

  success(): void {
    this.wide.success();
    this.narrow.success();
  }

  failure(failure: Failure): void {
    const { effect, reach } = breakerRule(failure);
    // The breaker that is not hit has learnt nothing.
    const [hit, spared] = reach === 'provider' ? [this.wide, this.narrow] : [this.narrow, this.wide];
    hit.failure(effect, failure.retryAfterMs);
    spared.release();
  }

  release(): void {
    this.wide.release();
    this.narrow.release();
  }
}
