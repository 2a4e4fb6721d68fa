import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collector } from '../../../lab/guarded.js';
import { CUTS, FAULTS } from '../../../lab/matrix/cells.js';
import { createNextGuarded } from '../../../lab/next-core/guarded.js';
import { STAGE_1 } from '../../../lab/next-core/native.js';
import type { Fault } from '../../../lab/stand-in/fault.js';
import { closedPort, type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { getLastAttempts } from '../../../src/index.js';
import { ensurePackages } from '../packages.js';
import { type AiSdk, aiSdkPrimary, loadAiSdk } from './ai-sdk-primary.js';

const ARGUMENTS = { primary: '{"reply":"by the primary"}', elizaNet: '{"reply":"by ElizaNet"}' };
const OBJECT = { primary: { by: 'primary' }, elizaNet: { by: 'ElizaNet' } };
const call = (id: string, args: string) => ({ id, name: 'HANDLE_RESPONSE', arguments: args });

let sdk: AiSdk;
let upstream: StandIn;
let deadAddress: string;
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  sdk = await loadAiSdk(await ensurePackages(new URL('.', import.meta.url)));
  upstream = await startStandIn({ toolCall: () => call('call_p', ARGUMENTS.primary), object: OBJECT.primary });
  deadAddress = await closedPort();
}, 600_000);
afterAll(async () => {
  await upstream.close();
  process.off('unhandledRejection', note);
});

/** How a native call is made, and whether its answer is streamed. */
const KINDS = {
  'native call': { params: STAGE_1, streamed: false },
  'native stream with tools': { params: STAGE_1, streamed: true },
  'structured stream': { params: { ...STAGE_1, streamStructured: true }, streamed: true },
  'call with a response schema': {
    params: { messages: STAGE_1.messages, responseSchema: { type: 'object', properties: { by: { type: 'string' } } } },
    streamed: false,
  },
} as const;

type KindName = keyof typeof KINDS;

async function run(kind: KindName, fault: Fault | 'refused', timed: boolean) {
  const guarded = await createNextGuarded({
    plugins: [aiSdkPrimary(sdk, fault === 'refused' ? deadAddress : upstream.url)],
    elizaNet: { toolCall: () => call('call_e', ARGUMENTS.elizaNet), object: OBJECT.elizaNet },
    settings: timed ? { ELIZANET_PRIMARY_TIMEOUT: 1_000, ELIZANET_PRIMARY_IDLE_TIMEOUT: 1_000 } : {},
  });
  upstream.fault = fault === 'refused' ? { kind: 'none' } : fault;
  const { params, streamed } = KINDS[kind];
  const { chunks, onStreamChunk } = collector();
  const answer = await guarded.runtime.useModel(
    'RESPONSE_HANDLER' as 'TEXT_LARGE',
    { ...params, ...(streamed ? { onStreamChunk } : {}) } as never,
  );
  const asked = guarded.elizaNet.calls.length;
  const attempts = getLastAttempts(guarded.runtime).map(({ provider, outcome }) => `${provider} ${outcome}`);
  await guarded.stop();
  return { answer: answer as unknown, chunks: chunks.join(''), asked, attempts };
}

function answerOf(by: 'primary' | 'elizaNet', kind: KindName) {
  if (kind === 'call with a response schema') return { text: JSON.stringify(OBJECT[by]), toolCalls: [] };
  const id = by === 'primary' ? 'call_p' : 'call_e';
  return {
    toolCalls: [{ id, name: 'HANDLE_RESPONSE', arguments: JSON.parse(ARGUMENTS[by]) }],
    finishReason: 'tool-calls',
  };
}

const isTimed = (name: string) => name === 'hung' || name === 'cut: stall';

describe.each(Object.keys(KINDS) as KindName[])('a primary written with the AI SDK, %s', (kind) => {
  const { streamed } = KINDS[kind];
  const faults = Object.entries<Fault | 'refused'>({ ...FAULTS, ...(streamed ? CUTS : {}) });

  it('is answered by the primary while it is healthy', async () => {
    const { answer, chunks, asked } = await run(kind, { kind: 'none' }, false);
    expect(answer).toMatchObject(answerOf('primary', kind));
    expect(chunks).toBe(kind === 'structured stream' ? ARGUMENTS.primary : '');
    expect(asked).toBe(0);
  });

  it.each(faults)('is answered by ElizaNet on %s, once, and nothing is mixed', async (name, fault) => {
    const { answer, chunks, asked } = await run(kind, fault, isTimed(name));
    expect(answer).toMatchObject(answerOf('elizaNet', kind));
    expect(asked).toBe(1);
    if (kind !== 'structured stream') return expect(chunks).toBe('');
    // A stream that was cut has delivered the beginning of the primary's call, and nothing of ElizaNet's.
    const isBeginning = name in CUTS && chunks !== '' && ARGUMENTS.primary.startsWith(chunks);
    expect(isBeginning || chunks === ARGUMENTS.elizaNet).toBe(true);
  });
});

it('leaves no rejection unhandled, not even after the last retry of the SDK', async () => {
  upstream.fault = { kind: 'status', status: 401 };
  upstream.disconnect();
  await sleep(8_000);
  expect(unhandled).toEqual([]);
}, 60_000);
