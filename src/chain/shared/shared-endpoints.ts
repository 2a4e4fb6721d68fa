import { randomUUID } from 'node:crypto';
import { setBounded } from '../../core/bounded-map.js';
import type { Clock } from '../../core/clock.js';
import type { Endpoint } from '../../http/endpoint.js';
import { decodeEndpointHint, type EndpointHint, encodeEndpointHint } from './endpoint-hints.js';
import { NAMESPACE, type SharedStore } from './store.js';

/** An endpoint that this agent shares with others. */
export interface SharedEndpoint {
  /** See `Link`. */
  number: number;
  endpoint: Endpoint;
  /** Names its address and key, and tells neither. */
  account: string;
  /** Requests in flight that all agents together may have; 0 = no limit. */
  fleetConcurrency: number;
}

export interface SharedEndpointsDeps {
  store: SharedStore;
  clock: Clock;
  endpoints: readonly SharedEndpoint[];
}

/** Without a Retry-After, and at most. */
const LIMITED_MS = { unstated: 5_000, longest: 60_000 };
/** How often an agent that makes requests says so. */
const BEAT_MS = 5_000;
/** An agent that has made no request for this long does not count. */
const ACTIVE_MS = 15_000;
/** Without Redis, how long an agent keeps to the share that it had. */
const SHARE_MS = 60_000;
const MAX_MODELS = 256;

/** What is known of one endpoint. */
interface Sharing extends SharedEndpoint {
  channel: string;
  ownConcurrency: number;
  /** Until when the endpoint refuses requests for a model. */
  limits: Map<string, number>;
  nextBeatAt: number;
  shareUntil: number;
}

/**
 * Shares the load of ElizaNet's endpoints with the other agents of a fleet. Circuits of endpoints are not shared: an endpoint is
 * the last provider, and one agent's 429 must not leave the others without an answer. A hint makes an agent ask another of
 * its endpoints first. It delays no request: agents that wait for the end of one Retry-After ask all at once, and are refused
 * again. Holds no timer, and no call waits for the store.
 */
export class SharedEndpoints {
  readonly #id = randomUUID();
  readonly #sharings: Map<number, Sharing>;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(private readonly deps: SharedEndpointsDeps) {
    const sharings = deps.endpoints.map((shared): Sharing => {
      const { account, endpoint } = shared;
      const channel = `${NAMESPACE}:endpoint:${account}`;
      const ownConcurrency = endpoint.connections.limit;
      const never = Number.NEGATIVE_INFINITY;
      return { ...shared, channel, ownConcurrency, limits: new Map(), nextBeatAt: never, shareUntil: never };
    });
    this.#sharings = new Map(sharings.map((sharing) => [sharing.number, sharing]));
    for (const sharing of sharings) {
      const { endpoint, channel } = sharing;
      this.#unsubscribe.push(deps.store.subscribe(channel, (message) => this.#hear(sharing, message)));
      endpoint.peers = { limited: (model, retryAfterMs) => this.#limited(sharing, model, retryAfterMs) };
    }
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    for (const { endpoint, ownConcurrency } of this.#sharings.values()) {
      endpoint.peers = undefined;
      endpoint.connections.limit = ownConcurrency;
    }
  }

  /** Another agent was refused by the endpoint's rate limit for this model, which still holds. */
  isLimited(number: number, model: string | undefined): boolean {
    const sharing = this.#sharings.get(number);
    return sharing !== undefined && model !== undefined && this.#leftMs(sharing, model) > 0;
  }

  /** A request begins. */
  asked(number: number): void {
    const sharing = this.#sharings.get(number);
    if (!sharing || sharing.fleetConcurrency === 0) return;
    const now = this.deps.clock.now();
    if (now < sharing.nextBeatAt) return;
    sharing.nextBeatAt = now + BEAT_MS;
    void this.#beat(sharing);
  }

  /** A circuit of the endpoint has opened by failures. */
  failing(number: number): void {
    const sharing = this.#sharings.get(number);
    if (sharing) this.#tell(sharing, { from: this.#id, kind: 'failing' });
  }

  async #beat(sharing: Sharing): Promise<void> {
    const { store, clock } = this.deps;
    const agents = await store.countActive(`${sharing.channel}:active`, this.#id, ACTIVE_MS);
    const { connections } = sharing.endpoint;
    if (sharing.endpoint.peers === undefined) return;
    if (agents !== undefined && agents > 0) {
      // Each agent can have one request in flight: it must not be without an answer.
      const share = Math.max(1, Math.floor(sharing.fleetConcurrency / agents));
      connections.limit = Math.min(sharing.ownConcurrency, share);
      sharing.shareUntil = clock.now() + SHARE_MS;
    } else if (clock.now() >= sharing.shareUntil) connections.limit = sharing.ownConcurrency;
  }

  #limited(sharing: Sharing, model: string, retryAfterMs: number = LIMITED_MS.unstated): void {
    const forMs = Math.min(retryAfterMs, LIMITED_MS.longest);
    // The others know: at an overloaded endpoint many agents are refused at once.
    if (forMs <= 0 || this.#leftMs(sharing, model) >= forMs / 2) return;
    this.#note(sharing, model, forMs);
    this.#tell(sharing, { from: this.#id, kind: 'limited', model, forMs });
  }

  #hear(sharing: Sharing, message: string): void {
    const hint = decodeEndpointHint(message);
    if (!hint || hint.from === this.#id) return;
    // What is left of the budget is for an outage that no agent knew of.
    if (hint.kind === 'failing') return sharing.endpoint.retries.drain();
    this.#note(sharing, hint.model, Math.min(hint.forMs, LIMITED_MS.longest));
  }

  #note({ limits }: Sharing, model: string, forMs: number): void {
    setBounded(limits, model, this.deps.clock.now() + forMs, MAX_MODELS);
  }

  #leftMs({ limits }: Sharing, model: string): number {
    return (limits.get(model) ?? 0) - this.deps.clock.now();
  }

  #tell({ channel }: Sharing, hint: EndpointHint): void {
    this.deps.store.publish(channel, encodeEndpointHint(hint));
  }
}
