import { findInstance } from '../../src/instances.js';
import { loadHandlers } from '../../src/models/load-handlers.js';
import type { CallRecord } from '../../src/observe/call-record.js';
import type { ElizaNetFallbackService } from '../../src/service.js';
import { createGuarded, type Guarded, type GuardedOptions } from '../guarded.js';
import { seededRandom } from '../random.js';
import { turns } from '../timed-call.js';
import { chaoticTransport, endpointUrl } from './endpoint.js';
import { type CallOutcome, makeCall } from './make-call.js';
import { chaoticPrimary } from './primary.js';
import { PRIMARY_NAMES, type Scenario } from './scenario.js';
import { DIMENSIONS, World } from './world.js';

export interface Run {
  scenario: Scenario;
  world: World;
  outcomes: CallOutcome[];
  records: CallRecord[];
  unhandled: unknown[];
  /** Timers of the plugin after all is over, and after the agent has stopped. */
  timersLeft: { atRest: number; stopped: number };
  /** Providers that get no permit long after all is over. */
  heldOut: string[];
  inFlight: number;
  /** How long the agent's stop waits although no call is under way; undefined for ever. */
  stopTookMs: number | undefined;
  /** Virtual time from the start until nothing was left to happen, in milliseconds; undefined when that never came. */
  restedAfterMs: number | undefined;
}

const LONGEST_MS = 3 * 3_600_000;
const MOST_STEPS = 20_000;

type Create = (options: GuardedOptions) => Promise<Guarded>;

/** Runs a scenario on a real runtime, in virtual time and without sockets, until nothing is left to happen. */
export async function runScenario(scenario: Scenario, create: Create = createGuarded): Promise<Run> {
  await loadHandlers();
  const world = new World();
  const { clock } = world;
  const names = PRIMARY_NAMES.slice(0, scenario.primaries.length);
  const guarded = await create({
    plugins: names.map((name, index) => chaoticPrimary(world, name, scenario.primaries[index] ?? [])),
    settings: settingsOf(scenario),
    options: {
      clock,
      random: seededRandom(1),
      transport: chaoticTransport(
        world,
        scenario.endpoints.map(({ behaviours }) => behaviours),
      ),
    },
  });
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  try {
    return await new Player(scenario, world, guarded, unhandled).play();
  } finally {
    process.off('unhandledRejection', onUnhandled);
    await guarded.elizaNet.close();
  }
}

function settingsOf({ endpoints, settings }: Scenario): Record<string, string | number> {
  const all: Record<string, string | number> = {
    ELIZANET_BASE_URL: endpointUrl(1),
    ELIZANET_TIMEOUT: 20_000,
    ELIZANET_PRIMARY_TIMEOUT: 30_000,
    ELIZANET_EMBEDDING_DIMENSIONS: DIMENSIONS,
    ELIZANET_EMBEDDING_ON_ERROR: 'throw',
    ELIZANET_EMBEDDING_ON_MISMATCH: 'allow',
    ...settings,
  };
  if (endpoints.length === 0) all.ELIZANET_MODEL_TYPES = 'image';
  for (const [index, { models }] of endpoints.entries()) {
    const prefix = index === 0 ? 'ELIZANET_' : `ELIZANET_${index + 1}_`;
    all[`${prefix}BASE_URL`] = endpointUrl(index + 1);
    all[`${prefix}LARGE_MODEL`] = ['one', 'two'].slice(0, models).join();
  }
  return all;
}

class Player {
  readonly #outcomes: CallOutcome[] = [];
  readonly #records: CallRecord[] = [];
  #isStopped = false;

  constructor(
    private readonly scenario: Scenario,
    private readonly world: World,
    private readonly guarded: Guarded,
    private readonly unhandled: unknown[],
  ) {}

  async play(): Promise<Run> {
    const { world, scenario, guarded } = this;
    const { clock } = world;
    const instance = findInstance(guarded.runtime);
    if (!instance) throw new Error('the plugin was not initialised');
    const { observer } = instance;
    const tell = observer.tell.bind(observer);
    observer.tell = (observation) => {
      if (observation.type === 'call_ended') this.#records.push(observation.call);
      tell(observation);
    };
    // The plugin loads its code a second after the start.
    clock.advance(1_000);
    await turns();
    world.hasBegun = true;
    this.#script();
    const startedAt = clock.now();
    let rests = await this.#untilRest();
    const restedAfterMs = rests ? clock.now() - startedAt : undefined;
    for (const { close } of this.#outcomes) close?.();
    rests = await this.#untilRest();
    const atRest = world.foreignTimers;
    const heldOut = this.#isStopped ? [] : this.#heldOut();
    const inFlight = instance.tally.of('requests_in_flight').reduce((sum, { value }) => sum + value, 0);
    const stoppingAt = clock.now();
    let stopTookMs: number | undefined;
    this.#stop().then(() => {
      stopTookMs = clock.now() - stoppingAt;
    });
    await this.#untilRest();
    return {
      scenario,
      world,
      outcomes: this.#outcomes,
      records: this.#records,
      unhandled: this.unhandled,
      timersLeft: { atRest, stopped: world.foreignTimers },
      heldOut,
      inFlight,
      restedAfterMs,
      stopTookMs,
    };
  }

  #script(): void {
    const { world, scenario, guarded } = this;
    const service = () => guarded.runtime.getService<ElizaNetFallbackService>('elizanet-fallback');
    for (const [number, call] of scenario.calls.entries())
      world.after(call.atMs, () =>
        this.#outcomes.push(makeCall(number, call, { world, guarded, isStopped: this.#isStopped })),
      );
    const names = [
      ...PRIMARY_NAMES.slice(0, scenario.primaries.length),
      ...scenario.endpoints.map((_, index) => (index === 0 ? 'elizanet-fallback' : `elizanet-fallback-${index + 1}`)),
    ];
    for (const { atMs, isolates, place } of scenario.moves) {
      const name = names[place % names.length] as string;
      world.after(atMs, () => (isolates ? service()?.isolate(name) : service()?.restore(name)));
    }
    if (scenario.stopAtMs !== undefined) world.after(scenario.stopAtMs, () => void this.#stop());
  }

  #stop(): Promise<void> {
    this.#isStopped = this.world.isStopped = true;
    return this.guarded.runtime.stop();
  }

  /** @returns false when things go on for ever. */
  async #untilRest(): Promise<boolean> {
    const { clock } = this.world;
    const until = clock.now() + LONGEST_MS;
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      await turns(2);
      const nextInMs = clock.nextInMs;
      if (nextInMs === undefined) return true;
      if (clock.now() + nextInMs > until) return false;
      clock.advance(nextInMs);
    }
    return false;
  }

  /** Circuits let a probe through once their time is over. */
  #heldOut(): string[] {
    const { world, guarded, scenario } = this;
    const { breakers, chain } = findInstance(guarded.runtime) as NonNullable<ReturnType<typeof findInstance>>;
    const names = [...PRIMARY_NAMES.slice(0, scenario.primaries.length), ...chain.routes.names];
    const types = new Set(scenario.calls.map(({ type }) => type));
    const later = 301_000;
    world.clock.advance(later);
    return names.flatMap((name) => {
      breakers.restore(name);
      return [...types].flatMap((type) => {
        const permit = breakers.tryAcquire(name, type);
        permit?.success();
        return permit ? [] : [`${name} ${type} ${breakers.state(name, type)}`];
      });
    });
  }
}
