import fc from 'fast-check';

/** What a primary does with one call. Times are in milliseconds. */
export type Behaviour =
  | { kind: 'answer'; afterMs: number; streams: boolean; chunks: number; gapMs: number }
  | { kind: 'status'; status: number; afterMs: number; retryAfterS?: number }
  | { kind: 'hang'; heeds: boolean }
  /** A stream that breaks after these chunks; what is no stream fails as a lost connection. */
  | { kind: 'cut'; chunks: number; by: 'throw' | 'error' }
  | { kind: 'stall'; chunks: number; heeds: boolean }
  | { kind: 'apology' }
  | { kind: 'empty'; streams: boolean; finish: string }
  /** Settles after another provider was asked, whatever the call has come to. */
  | { kind: 'late'; afterMs: number; rejects: boolean }
  | { kind: 'throws'; what: 'error' | 'type error' | 'text' | 'nothing' | 'status' }
  | { kind: 'thenable'; how: 'resolves' | 'rejects' | 'throws' };

/** What an own endpoint does with one request. */
export type EndpointBehaviour =
  | { kind: 'answer'; afterMs: number; chunks: number; gapMs: number }
  | { kind: 'status'; status: number; afterMs: number; retryAfterS?: number }
  | { kind: 'hang' }
  | { kind: 'reset'; afterMs: number }
  | { kind: 'cut'; chunks: number }
  | { kind: 'stall'; chunks: number }
  | { kind: 'empty' }
  | { kind: 'garbage' };

export interface ChaosCall {
  atMs: number;
  type: 'TEXT_LARGE' | 'TEXT_SMALL' | 'OBJECT_LARGE' | 'TEXT_EMBEDDING';
  /** How a text is asked for: the raw stream can be read wholly, in part, by its `text`, or never. */
  how: 'plain' | 'callback' | 'whole' | 'part' | 'text' | 'never';
  abortAfterMs?: number;
  /** How long its reader takes for each chunk. */
  readMs: number;
}

export interface Scenario {
  /** By primary, then by its calls; the list begins anew at its end. */
  primaries: Behaviour[][];
  endpoints: { models: number; behaviours: EndpointBehaviour[] }[];
  settings: Record<string, string | number>;
  calls: ChaosCall[];
  /** An operator isolates or restores a provider, by its place among primaries and endpoints. */
  moves: { atMs: number; isolates: boolean; place: number }[];
  stopAtMs?: number;
}

export const PRIMARY_NAMES = ['groq', 'ollama', 'third'];

const afterMs = fc.constantFrom(0, 100, 900, 4_000, 20_000);
const gapMs = fc.constantFrom(0, 100, 2_000);
const chunks = fc.integer({ min: 1, max: 4 });
const retryAfterS = fc.option(fc.constantFrom(0, 1, 30), { nil: undefined });
const status = fc.record({
  kind: fc.constant('status' as const),
  status: fc.constantFrom(429, 500, 503, 401, 402, 400),
  afterMs,
  retryAfterS,
});

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('answer' as const), afterMs, streams: fc.boolean(), chunks, gapMs }),
  },
  { weight: 3, arbitrary: status },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hang' as const), heeds: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      chunks: fc.nat(3),
      by: fc.constantFrom('throw' as const, 'error' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stall' as const), chunks: fc.nat(3), heeds: fc.boolean() }) },
  fc.constant({ kind: 'apology' as const }),
  fc.record({
    kind: fc.constant('empty' as const),
    streams: fc.boolean(),
    finish: fc.constantFrom('stop', 'error', 'tool-calls'),
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('late' as const),
      afterMs: fc.constantFrom(6_000, 16_000, 40_000, 400_000),
      rejects: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constant('throws' as const),
    what: fc.constantFrom('error', 'type error', 'text', 'nothing', 'status'),
  }),
  fc.record({ kind: fc.constant('thenable' as const), how: fc.constantFrom('resolves', 'rejects', 'throws') }),
) as fc.Arbitrary<Behaviour>;

const endpointBehaviour: fc.Arbitrary<EndpointBehaviour> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), afterMs, chunks, gapMs }) },
  { weight: 2, arbitrary: status },
  fc.constant({ kind: 'hang' as const }),
  fc.record({ kind: fc.constant('reset' as const), afterMs }),
  fc.record({ kind: fc.constant('cut' as const), chunks: fc.nat(3) }),
  fc.record({ kind: fc.constant('stall' as const), chunks: fc.nat(3) }),
  fc.constant({ kind: 'empty' as const }),
  fc.constant({ kind: 'garbage' as const }),
);

const atMs = fc.oneof(fc.nat(3_000), fc.nat(90_000));

const call: fc.Arbitrary<ChaosCall> = fc.record({
  atMs,
  type: fc.constantFrom('TEXT_LARGE', 'TEXT_LARGE', 'TEXT_LARGE', 'TEXT_SMALL', 'OBJECT_LARGE', 'TEXT_EMBEDDING'),
  how: fc.constantFrom('plain', 'callback', 'callback', 'whole', 'part', 'text', 'never'),
  abortAfterMs: fc.option(fc.oneof(fc.nat(2_000), fc.nat(40_000)), { nil: undefined, freq: 3 }),
  readMs: fc.constantFrom(0, 0, 50, 15_000),
}) as fc.Arbitrary<ChaosCall>;

const settings = fc.record({
  ELIZANET_HEDGE_AFTER: fc.constantFrom<string | number>('auto', 'auto', 0, 1_000, 5_000),
  ELIZANET_PROBE_HEDGE: fc.constantFrom(1_500, 0),
  ELIZANET_ON_INTERRUPTED: fc.constantFrom('complete', 'complete', 'throw', 'keep'),
  ELIZANET_DRILL: fc.constantFrom('off', 'off', 'off', '50%', 'TEXT_LARGE'),
  ELIZANET_MAX_CALLS_PER_HOUR: fc.constantFrom(0, 0, 1, 3),
  ELIZANET_FAILURE_THRESHOLD: fc.constantFrom(1, 2, 3),
  ELIZANET_STRATEGY: fc.constantFrom('priority', 'latency', 'least-busy'),
  ELIZANET_COOLDOWN: fc.constantFrom(1_000, 15_000),
  ELIZANET_PRIMARY_IDLE_TIMEOUT: fc.constantFrom<string | number>('auto', 3_000),
  ELIZANET_MAX_CONCURRENCY: fc.constantFrom(1, 16),
});

/** @param maxCalls of one scenario. */
export const anyScenario = (maxCalls = 6): fc.Arbitrary<Scenario> =>
  fc.record({
    primaries: fc.array(fc.array(behaviour, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    endpoints: fc.array(
      fc.record({
        models: fc.constantFrom(1, 1, 2),
        behaviours: fc.array(endpointBehaviour, { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 3 },
    ),
    settings,
    calls: fc.array(call, { minLength: 1, maxLength: maxCalls }),
    moves: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Scenario['moves']>([]) },
      fc.array(fc.record({ atMs, isolates: fc.boolean(), place: fc.nat(5) }), { maxLength: 3 }),
    ),
    stopAtMs: fc.option(atMs, { nil: undefined, freq: 4 }),
  });
