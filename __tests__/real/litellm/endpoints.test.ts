import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEndpoint } from '../../../lab/client.js';
import { collector, primary, statusError } from '../../../lab/guarded.js';
import { createRuntime, type TestRuntime } from '../../../lab/runtime.js';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { createElizaNetFallbackPlugin, getCallRecords } from '../../../src/index.js';
import { fetchModelInfos } from '../../../src/openai/model-groups.js';
import { startMisbehavingProvider } from './misbehaving-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

const TEXTS = ['The first LiteLLM has this to say.', 'From the second one comes that.', 'A plain server answers so.'];
const CALLS = 120;
const KILLED_AFTER = 30;

let providers: StandIn[];
let proxies: LiteLLM[];
let plain: StandIn;
let agent: TestRuntime;

beforeAll(async () => {
  providers = await Promise.all([0, 1].map((i) => startMisbehavingProvider({ text: TEXTS[i], pieceDelayMs: 5 })));
  proxies = await Promise.all(
    providers.map(({ url }, i) => startLiteLLM({ upstreamUrl: url, masterKey: `sk-of-the-proxy-${i + 1}` })),
  );
  plain = await startStandIn({ text: TEXTS[2], pieceDelayMs: 5 });
  // Neither a list of models nor LiteLLM's information.
  plain.fault = ({ path }) => (path.startsWith('/v1/chat') ? { kind: 'none' } : { kind: 'status', status: 404 });
  const [first, second] = proxies as [LiteLLM, LiteLLM];
  const down = primary({ TEXT_SMALL: () => Promise.reject(statusError(503)) });
  agent = await createRuntime({
    plugins: [down, createElizaNetFallbackPlugin()],
    settings: {
      ELIZANET_BASE_URL: first.url,
      ELIZANET_2_BASE_URL: second.url,
      ELIZANET_3_BASE_URL: plain.url,
      ELIZANET_SMALL_MODEL: 'upstream-ok',
      ELIZANET_3_SMALL_MODEL: 'local',
    },
    secrets: { ELIZANET_API_KEY: first.key, ELIZANET_2_API_KEY: second.key },
  });
});

afterAll(async () => {
  await agent?.stop();
  await Promise.all([...(proxies ?? []), ...(providers ?? [])].map((it) => ('stop' in it ? it.stop() : it.close())));
  await plain?.close();
});

/** A streamed call. @returns what `useModel` answered and what its callback got. */
async function ask(): Promise<{ text: string; streamed: string }> {
  const { chunks, onStreamChunk } = collector();
  const text = await agent.runtime.useModel('TEXT_SMALL', { prompt: 'Who answers?', onStreamChunk });
  return { text, streamed: chunks.join('') };
}

/** Makes calls, eight at a time. */
async function askMany(count: number, onAnswer: (answered: number) => void = () => {}) {
  const answers: Awaited<ReturnType<typeof ask>>[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun++ < count) {
      answers.push(await ask());
      onAnswer(answers.length);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return answers;
}

/** Whole answers of one endpoint each; what was streamed is the beginning of one endpoint's answer. */
function expectUnmixed(answers: readonly { text: string; streamed: string }[]): void {
  for (const { text, streamed } of answers) {
    expect(TEXTS).toContain(text);
    expect(TEXTS.some((one) => one.startsWith(streamed))).toBe(true);
  }
}

describe('a real LiteLLM', () => {
  const [LARGE, SMALL] = ['gpt-4o', 'gpt-4o-mini'];

  it('states windows, prices and abilities of its models', async () => {
    const [{ url, key }] = proxies as [LiteLLM];
    const endpoint = createEndpoint(url, { apiKey: key });
    const infos = await fetchModelInfos(endpoint);
    await endpoint.close();
    expect(infos?.get(LARGE)).toMatchObject({ contextTokens: 128_000, vision: true, tools: true, schema: true });
    expect(infos?.get(SMALL)?.inputCostPerToken).toBeGreaterThan(0);
    expect(infos?.get('upstream-ok')).toMatchObject({ vision: false, contextTokens: undefined });
  });

  it.each([
    ['plain', {}],
    ['streamed', { onStreamChunk: () => {} }],
  ])('is skipped once its %s answers have cost what they may', async (_, params) => {
    const [{ url, key }] = proxies as [LiteLLM];
    const limited = await createRuntime({
      plugins: [createElizaNetFallbackPlugin()],
      settings: { ELIZANET_BASE_URL: url, ELIZANET_MAX_COST_PER_DAY: 0.00005, ELIZANET_HEALTH_INTERVAL: 'off' },
      secrets: { ELIZANET_API_KEY: key },
    });
    const answered: unknown[] = [];
    const error = await (async () => {
      for (let call = 0; call < 50; call++) {
        answered.push(await limited.runtime.useModel('TEXT_SMALL', { prompt: 'What does it cost?', ...params }));
      }
    })().catch((thrown) => thrown);
    await limited.stop();
    expect(error).toMatchObject({ code: 'ENDPOINT_SKIPPED', skippedFor: '0.00005 USD per day' });
    expect(answered.length).toBeGreaterThan(1);
  });
});

describe('two LiteLLM processes and a plain server', () => {
  it('answer every call, and mix no text, when the first one is killed among the calls', async () => {
    const [first] = proxies as [LiteLLM];
    const answers = await askMany(CALLS, (answered) => {
      if (answered === KILLED_AFTER) first.kill();
    });
    expect(answers).toHaveLength(CALLS);
    expectUnmixed(answers);
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(TEXTS.slice(0, 2)));
    expect(getCallRecords(agent.runtime).filter(({ answered }) => !answered)).toEqual([]);
  });

  it('answer every call when the second one is gone too', async () => {
    proxies[1]?.kill();
    const answers = await askMany(20);
    expectUnmixed(answers);
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([TEXTS[2]]));
    expect(plain.calls.every(({ body, headers }) => body.model === 'local' && !headers.authorization)).toBe(true);
  });
});
