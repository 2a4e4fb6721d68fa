import { randomUUID } from 'node:crypto';
import type { BreakerListener, BreakerRegistry } from '../../core/breaker-registry.js';
import type { BreakerChange, BreakerStateName } from '../../core/circuit-breaker.js';
import type { Clock, Random } from '../../core/clock.js';
import type { Failure } from '../../core/failure-rules.js';
import { decodeHint, encodeHint, type Hint } from './hints.js';
import { NAMESPACE, type SharedStore } from './store.js';

export interface SharedCircuitsDeps {
  registry: BreakerRegistry;
  store: Omit<SharedStore, 'countActive'>;
  clock: Clock;
  random: Random;
  /** Identifies what the agents that share a provider's circuits have in common. Undefined: they are not shared. */
  accountOf(provider: string): string | undefined;
  /** See `CircuitBreakerOptions`. */
  failureThreshold: number;
  /** See `CircuitBreakerOptions`. */
  cooldownMs: number;
}

interface Circuit {
  provider: string;
  modelType: string | undefined;
  /** The channel of the provider's account. */
  channel: string;
  /** Failures in a row of all agents, as heard; each answer of any agent ends the row. */
  failures: number;
  state: BreakerStateName;
  /** Another agent has reported the recovery, so this one's probe and recovery are not published. */
  released: boolean;
}

/**
 * Failures in a row that open a circuit for all agents. Two are enough for one agent; a fleet has so many calls that a
 * provider which fails now and then would lose all of its agents at once.
 */
const FLEET_THRESHOLD = 3;

/** How long the other agents wait with their own probe while one agent probes a provider. */
const PROBE_LEASE_MS = 5_000;

/** Spreads the end of an open time over the agents. */
const JITTER_RATIO = 0.2;

/**
 * Shares open circuits with the other agents of a fleet. Each agent tells what it sees and takes what it hears as a
 * hint: a hint opens a circuit or moves a probe, and only an answer that the agent itself got closes one. Holds no timer,
 * and no call waits for it.
 */
export class SharedCircuits implements BreakerListener {
  readonly #id = randomUUID();
  readonly #circuits = new Map<string, Circuit>();
  readonly #channels = new Map<string, string | undefined>();
  readonly #unsubscribe: (() => void)[] = [];

  constructor(private readonly deps: SharedCircuitsDeps) {
    deps.registry.listener = this;
  }

  close(): void {
    this.deps.registry.listener = undefined;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** Reads the state of all circuits anew, as after a lost connection. */
  refresh(): void {
    for (const circuit of this.#circuits.values()) void this.#read(circuit);
  }

  met(provider: string, modelType: string | undefined): void {
    this.#circuit(provider, modelType);
  }

  counted(provider: string, modelType: string | undefined): void {
    const circuit = this.#circuit(provider, modelType);
    if (circuit) this.#ownFailure(circuit);
  }

  probing(provider: string, modelType: string | undefined): void {
    const circuit = this.#circuit(provider, modelType);
    if (!circuit || circuit.released) return;
    this.#tell(circuit, { kind: 'probing', forMs: Math.min(PROBE_LEASE_MS, this.deps.cooldownMs) });
  }

  answered(provider: string, modelType: string | undefined): void {
    const circuit = this.#circuit(provider, modelType);
    if (!circuit || circuit.failures === 0) return;
    circuit.failures = 0;
    this.#tell(circuit, { kind: 'answered' });
  }

  changed(provider: string, modelType: string | undefined, state: BreakerStateName, details: BreakerChange): void {
    const circuit = this.#circuit(provider, modelType);
    if (!circuit) return;
    const before = circuit.state;
    circuit.state = state;
    if (state === 'closed') return this.#recovered(circuit);
    if (state !== 'open') return;
    circuit.released = false;
    const { reason, until } = details;
    // Without a reason, a hint has opened it.
    if (!reason || until === undefined) return;
    const forMs = until - this.deps.clock.now();
    if (before === 'half-open') this.#tellOpen(circuit, { kind: 'reopened', forMs: this.#soon(forMs, reason) });
    else if (isStated(reason)) this.#tellOpen(circuit, { kind: 'refused', forMs });
    else this.#ownFailure(circuit);
  }

  /** An agent alone waits longer after each failed probe; a fleet has one probe, which costs the provider nothing. */
  #soon(forMs: number, reason: Failure): number {
    return isStated(reason) || reason.retryAfterMs ? forMs : Math.min(forMs, 2 * this.deps.cooldownMs);
  }

  #recovered(circuit: Circuit): void {
    const isNews = !circuit.released;
    circuit.released = false;
    circuit.failures = 0;
    if (!isNews) return;
    this.deps.store.remove(keyOf(circuit));
    this.#tell(circuit, { kind: 'recovered' });
  }

  #ownFailure(circuit: Circuit): void {
    this.#tell(circuit, { kind: 'failed' });
    this.#count(circuit);
    // For agents that come later.
    if (circuit.failures >= this.#threshold) this.#write(circuit, { forMs: this.deps.cooldownMs });
  }

  #count(circuit: Circuit): void {
    circuit.failures++;
    if (circuit.failures >= this.#threshold) this.#open(circuit, this.deps.cooldownMs);
  }

  get #threshold(): number {
    return Math.max(FLEET_THRESHOLD, this.deps.failureThreshold);
  }

  #hear(provider: string, message: string): void {
    const hint = decodeHint(message);
    if (!hint || hint.from === this.#id) return;
    const circuit = this.#circuits.get(nameOf(provider, hint.modelType));
    if (circuit) this.#take(circuit, hint);
  }

  #take(circuit: Circuit, { kind, forMs = 0 }: Hint): void {
    const { registry, clock } = this.deps;
    const { provider, modelType } = circuit;
    switch (kind) {
      case 'failed':
        return this.#count(circuit);
      case 'refused':
        return this.#open(circuit, forMs);
      case 'reopened':
        // The circuit of the other agent alone was open.
        if (circuit.state === 'closed') return this.#count(circuit);
        return this.#open(circuit, forMs);
      case 'probing':
        return registry.postponeProbe(provider, modelType, clock.now() + this.#spread(forMs));
      case 'answered':
        circuit.failures = 0;
        return;
      case 'recovered':
        circuit.failures = 0;
        circuit.released = circuit.state !== 'closed';
        return registry.allowProbe(provider, modelType);
    }
  }

  #open({ provider, modelType }: Circuit, forMs: number): void {
    this.deps.registry.openUntil(provider, modelType, this.deps.clock.now() + this.#spread(forMs));
  }

  #spread(ms: number): number {
    return ms * (1 + JITTER_RATIO * this.deps.random());
  }

  #tellOpen(circuit: Circuit, hint: Omit<Hint, 'from'> & { forMs: number }): void {
    this.#tell(circuit, hint);
    this.#write(circuit, hint);
  }

  #write(circuit: Circuit, { forMs }: { forMs: number }): void {
    const ttlMs = Math.floor(forMs);
    if (ttlMs > 0) this.deps.store.write(keyOf(circuit), encodeHint({ from: this.#id, kind: 'refused' }), ttlMs);
  }

  #tell(circuit: Circuit, hint: Omit<Hint, 'from'>): void {
    this.deps.store.publish(circuit.channel, encodeHint({ ...hint, from: this.#id, modelType: circuit.modelType }));
  }

  /** @returns undefined when the circuits of the provider are not shared. */
  #circuit(provider: string, modelType: string | undefined): Circuit | undefined {
    const name = nameOf(provider, modelType);
    const known = this.#circuits.get(name);
    if (known) return known;
    const channel = this.#channelOf(provider);
    if (channel === undefined) return undefined;
    const circuit: Circuit = { provider, modelType, channel, failures: 0, state: 'closed', released: false };
    this.#circuits.set(name, circuit);
    void this.#read(circuit);
    return circuit;
  }

  #channelOf(provider: string): string | undefined {
    if (this.#channels.has(provider)) return this.#channels.get(provider);
    const account = this.deps.accountOf(provider);
    const channel = account === undefined ? undefined : `${NAMESPACE}:${provider}:${account}`;
    this.#channels.set(provider, channel);
    if (channel !== undefined) {
      this.#unsubscribe.push(this.deps.store.subscribe(channel, (message) => this.#hear(provider, message)));
    }
    return channel;
  }

  async #read(circuit: Circuit): Promise<void> {
    const stored = await this.deps.store.read(keyOf(circuit));
    const hint = stored && decodeHint(stored.value);
    if (hint && hint.from !== this.#id) this.#open(circuit, stored.ttlMs);
  }
}

/** Whether the provider itself says that it does not serve the account for a time; anything else can be one agent's. */
function isStated({ kind, evidence, silence }: Failure): boolean {
  return !silence && evidence !== 'words' && (kind === 'rate_limit' || kind === 'quota');
}

function nameOf(provider: string, modelType: string | undefined): string {
  return `${provider} ${modelType ?? ''}`;
}

function keyOf({ channel, modelType }: Circuit): string {
  return `${channel}:${modelType ?? '*'}`;
}
