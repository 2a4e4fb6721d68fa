/**
 * An agent that makes calls for SOAK_MS milliseconds, whose providers fail as each call's scenario says. Prints its heap
 * ten times, and at the end what it has counted and its `/metrics`: one JSON object per line.
 */
process.env.LOG_LEVEL = 'fatal';

import { setTimeout as delay } from 'node:timers/promises';
import type { TextStreamResult } from '@elizaos/core';
import { callRoute } from '../../../lab/call-route.js';
import { collectGarbage } from '../../../lab/collect-garbage.js';
import { joined } from '../../../lab/guarded.js';
import { groq, openai } from '../../../lab/primaries.js';
import { seededRandom } from '../../../lab/random.js';
import { createRuntime } from '../../../lab/runtime.js';
import plugin from '../../../src/index.js';
import { markOf, randomScenario } from './scenario.js';

const { SOAK_MS, OPENAI_URL = '', GROQ_URL = '', ELIZANET_URL = '' } = process.env;
const STEPS = 10;
const WORKERS = 4;
/** Between two calls of a worker. */
const PAUSE_MS = 25;
const STEP_MS = Number(SOAK_MS) / STEPS;
/** After the calls of a step, in which connections to hanging providers end. */
const SETTLE_MS = Math.min(8_000, 0.4 * STEP_MS);

const { runtime, logs } = await createRuntime({
  plugins: [await openai.load(), await groq.load(), plugin],
  settings: {
    ...openai.settings(OPENAI_URL),
    ...groq.settings(GROQ_URL),
    OPENAI_EMBEDDING_DIMENSIONS: 384,
    ELIZANET_BASE_URL: ELIZANET_URL,
    ELIZANET_EMBEDDING_DIMENSIONS: 384,
    ELIZANET_TIMEOUT: 1_500,
    ELIZANET_PRIMARY_TIMEOUT: 1_500,
    ELIZANET_HEDGE_AFTER: 1_000,
    ELIZANET_PRIMARY_IDLE_TIMEOUT: 1_000,
    // Otherwise the circuits are open for most of the time.
    ELIZANET_COOLDOWN: 40,
    ELIZANET_COOLDOWN_MAX: 100,
  },
});
const metrics = async () => (await callRoute(runtime, '/metrics')).body;
const atStart = await metrics();

type Kind = (prompt: string) => Promise<unknown>;
const KINDS: Record<string, Kind> = {
  TEXT_SMALL: (prompt) => runtime.useModel('TEXT_SMALL', { prompt }),
  TEXT_LARGE: (prompt) =>
    runtime.useModel('TEXT_LARGE', { prompt, onStreamChunk: async () => {} } as { prompt: string }),
  'TEXT_LARGE raw': async (prompt) => {
    const params = { prompt, stream: true } as const;
    const answer = (await runtime.useModel('TEXT_LARGE', params as never)) as string | TextStreamResult;
    // plugin-groq streams nothing.
    return typeof answer === 'string' ? answer : joined(answer.textStream);
  },
  OBJECT_SMALL: (prompt) => runtime.useModel('OBJECT_SMALL', { prompt }),
  TEXT_EMBEDDING: (text) => runtime.useModel('TEXT_EMBEDDING', { text }),
};

/** By model type and provider that answered. */
const counted: Record<string, number> = {};

/** The stand-ins name themselves in texts and objects. A placeholder has one number other than zero. */
function whoAnswered(answer: unknown): string {
  if (Array.isArray(answer)) return answer.filter((value) => value !== 0).length > 1 ? 'any' : 'placeholder';
  return /openai|groq|elizanet-fallback/.exec(JSON.stringify(answer))?.[0] ?? `unknown: ${JSON.stringify(answer)}`;
}

const random = seededRandom(18);
let calls = 0;

async function makeCall(): Promise<void> {
  calls++;
  const names = Object.keys(KINDS);
  const name = names[calls % names.length] as string;
  const scenario = randomScenario(calls, random);
  const by = await (KINDS[name] as Kind)(`Say something. ${markOf(scenario)}`).then(whoAnswered, () => 'none');
  const key = `${name.split(' ')[0]} ${by}`;
  counted[key] = (counted[key] ?? 0) + 1;
}

async function work(until: number): Promise<void> {
  while (Date.now() < until) {
    await makeCall();
    await delay(PAUSE_MS);
  }
}

async function heap(): Promise<number> {
  await delay(SETTLE_MS);
  // The log of the test's own database.
  logs.length = 0;
  for (let i = 0; i < 3; i++) await collectGarbage();
  return process.memoryUsage().heapUsed;
}

const startedAt = Date.now();
for (let step = 1; step <= STEPS; step++) {
  const until = startedAt + STEP_MS * step - SETTLE_MS;
  await Promise.all(Array.from({ length: WORKERS }, () => work(until)));
  console.log(JSON.stringify({ step, calls, heap: await heap() }));
}
console.log(JSON.stringify({ counted, atStart, atEnd: await metrics() }));
await runtime.stop();
process.exit(0);
