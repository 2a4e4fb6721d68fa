import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../../../lab/child.js';
import { type RecordedRequest, type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { type FaultName, faultNamed, scenarioIn } from './scenario.js';

/**
 * An agent with published plugins whose providers fail in every way, for SOAK_MINUTES: its heap does not grow, and its
 * metrics are what the stand-ins have counted. `npm run soak` takes ten minutes.
 */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 2);
/** Accepted growth between a fifth of the time and its end. Short runs have more of the start in them. */
const MAX_GROWTH = MINUTES >= 10 ? 0.05 : 0.1;

type Name = 'openai' | 'groq' | 'elizanet';

/** What a stand-in was asked. It keeps no request. */
class Counted {
  readonly requests: Record<string, number> = {};
  /** The calls that it was asked for, by their fault and whether they stream: an SDK may send a request again. */
  readonly calls = new Map<`${FaultName}${'' | ' stream'}`, Set<number>>();
  texts = 0;
  standIn!: StandIn;

  constructor(readonly name: Name) {}

  async start(answersAs: string): Promise<this> {
    // An embedding of the same text is nearly the same vector.
    this.standIn = await startStandIn({
      text: `I am ${answersAs}, at length.`,
      object: { by: answersAs },
      dimensions: 384,
    });
    this.standIn.fault = (request) => {
      this.standIn.requests.length = 0;
      return faultNamed(this.#count(request));
    };
    return this;
  }

  #count({ path, body }: RecordedRequest): FaultName {
    this.requests[path] = (this.requests[path] ?? 0) + 1;
    if (path.endsWith('/embeddings')) this.texts += [body.input].flat().length;
    const scenario = scenarioIn(body);
    if (!scenario) return 'ok';
    const fault = scenario[this.name];
    const key = body.stream ? (`${fault} stream` as const) : fault;
    const calls = this.calls.get(key) ?? new Set();
    this.calls.set(key, calls.add(scenario.call));
    return fault;
  }

  asked(key: Parameters<typeof this.calls.get>[0]): number {
    return this.calls.get(key)?.size ?? 0;
  }

  get distinctCalls(): number {
    return [...this.calls.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

interface Heap {
  step: number;
  calls: number;
  heap: number;
}

const providers = { openai: new Counted('openai'), groq: new Counted('groq'), elizanet: new Counted('elizanet') };
let heaps: Heap[];
let counted: Record<string, number>;
/** The sum of the series of a metric whose labels contain these parts, since the first call. */
let total: (metric: string, ...labels: string[]) => number;

beforeAll(
  async () => {
    const { openai, groq, elizanet } = providers;
    await Promise.all([openai.start('openai'), groq.start('groq'), elizanet.start('elizanet-fallback')]);
    const path = fileURLToPath(new URL('soaked-agent.ts', import.meta.url));
    const { code, stdout, stderr } = await runScript(path, [], {
      SOAK_MS: String(MINUTES * 60_000),
      OPENAI_URL: openai.standIn.url,
      GROQ_URL: groq.standIn.url,
      ELIZANET_URL: elizanet.standIn.url,
    });
    expect(code, stderr + stdout).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    heaps = lines.slice(0, -1).map((line) => JSON.parse(line));
    const end = JSON.parse(lines.at(-1) ?? '{}') as { counted: typeof counted; atStart: string; atEnd: string };
    counted = end.counted;
    total = (metric, ...labels) => sumIn(end.atEnd, metric, labels) - sumIn(end.atStart, metric, labels);
    const asked = Object.values(providers).map(({ name, requests, distinctCalls, calls }) => {
      const byFault = Object.fromEntries([...calls].map(([fault, { size }]) => [fault, size]));
      return { name, requests, distinctCalls, byFault };
    });
    console.log(
      JSON.stringify({ heaps, counted, asked, texts: elizanet.texts }),
      end.atEnd.replace(/^(?:#|.*_bucket).*\n/gm, ''),
    );
  },
  (MINUTES + 2) * 60_000,
);

afterAll(async () => {
  for (const { standIn } of Object.values(providers)) await standIn?.close();
});

function sumIn(page: string, metric: string, labels: readonly string[]): number {
  return page
    .split('\n')
    .filter((line) => line.startsWith(`elizanet_${metric}`) && /^[{ ]/.test(line.slice(`elizanet_${metric}`.length)))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const countOf = (...keys: string[]) => keys.reduce((sum, key) => sum + (counted[key] ?? 0), 0);

/** Equal, but for those that were given up half-way. */
function expectCounted(fewer: number, more: number, givenUp: number): void {
  expect(fewer).toBeLessThanOrEqual(more);
  expect(fewer).toBeGreaterThanOrEqual(more - givenUp);
}

describe(`${MINUTES} minutes of faults`, () => {
  it('leave the heap as large as it was after a fifth of them', () => {
    const atFifth = heaps[1]?.heap ?? 0;
    for (const { heap } of heaps.slice(2)) expect(heap / atFifth).toBeLessThan(1 + MAX_GROWTH);
  });

  it('count every call as it has ended for its caller', () => {
    for (const type of ['TEXT_SMALL', 'TEXT_LARGE', 'OBJECT_SMALL']) {
      for (const target of ['openai', 'groq', 'elizanet-fallback', 'none']) {
        const seen = total('calls_total', `model_type="${type}"`, `target="${target}"`);
        expect([type, target, seen]).toEqual([type, target, countOf(`${type} ${target}`)]);
      }
    }
    const embeddings = ['any', 'placeholder', 'none'].map((by) => countOf(`TEXT_EMBEDDING ${by}`));
    expect(Object.values(counted).reduce((sum, count) => sum + count)).toBeGreaterThan(100 * MINUTES);
    expect([
      total('calls_total', 'model_type="TEXT_EMBEDDING"') -
        total('calls_total', 'model_type="TEXT_EMBEDDING"', 'target="none"'),
      total('calls_total', 'outcome="placeholder"'),
      total('calls_total', 'model_type="TEXT_EMBEDDING"', 'outcome="unanswered"'),
    ]).toEqual(embeddings);
    expect(Object.keys(counted).filter((key) => key.includes('unknown'))).toEqual([]);
  });

  it('count as many attempts at each primary as the stand-in was asked for', () => {
    for (const name of ['openai', 'groq'] as const) {
      const attempts = total('attempt_duration_seconds_count', `provider="${name}"`);
      expect([name, attempts]).toEqual([name, providers[name].distinctCalls]);
    }
  });

  it('count each rate limit and each server error of the primary', () => {
    const { openai } = providers;
    const failures = (kind: string) => total('failures_total', 'provider="openai"', `kind="${kind}"`);
    const asked = (fault: FaultName) => openai.asked(fault) + openai.asked(`${fault} stream`);
    // A call that hangs is abandoned, or ends with its time or its connection. On a slow machine others are abandoned too.
    const abandoned = total('attempt_duration_seconds_count', 'provider="openai"', 'outcome="abandoned"');
    const others = abandoned + failures('timeout') + failures('network') - asked('hang');
    expectCounted(failures('rate_limit'), asked('limited'), others);
    // A page of HTML in place of an answer is a server's error too; in place of a stream it is one without output.
    expectCounted(failures('server'), asked('broken') + openai.asked('html'), others);
  });

  it('count each request that ElizaNet got, its batches and their texts, and leave none in flight', () => {
    const { requests, texts } = providers.elizanet;
    const chat = total('requests_total') - total('requests_total', 'model_type="TEXT_EMBEDDING"');
    // One that is cancelled before it is sent is counted as well.
    const cancelled = total('requests_total', 'outcome="cancelled"');
    expectCounted(requests['/v1/chat/completions'] ?? 0, chat, cancelled);
    expectCounted(requests['/v1/embeddings'] ?? 0, total('embedding_batch_size_count'), cancelled);
    expectCounted(texts, total('embedding_batch_size_sum'), cancelled);
    expect(total('requests_in_flight')).toBe(0);
  });
});
