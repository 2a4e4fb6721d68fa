import type { StandIn } from '../../lab/stand-in/server.js';
import { type Measurement, sleep } from './measurement.js';
import { answerOf, numberOf, openAiAgent } from './open-ai-agent.js';

const CALLS = 100;
const COOLDOWN_MS = 1_500;

/** A hundred concurrent calls at the first failure, while the circuit is open, and while it is half-open. */
export async function measureHundredCalls(): Promise<Measurement> {
  const { upstream, elizaNet, ask } = await openAiAgent({ settings: { ELIZANET_COOLDOWN: String(COOLDOWN_MS) } });
  let wrongCount = 0;
  /** Every other call is streamed. Calls are numbered, because retries of an earlier wave may still arrive. */
  const wave = async (from: number) => {
    const calls = Array.from({ length: CALLS }, async (_, i) => {
      const { answer, chunks } = await ask(from + i, { streamed: i % 2 === 1 });
      const isOneAnswer = (['OpenAI', 'ElizaNet'] as const).some((by) => answer === answerOf(by, from + i));
      if (!isOneAnswer || (i % 2 === 1 && chunks !== answer)) wrongCount++;
    });
    await Promise.all(calls);
    const numbersAt = (standIn: StandIn) =>
      standIn.calls.map(({ body }) => numberOf(body)).filter((number) => number >= from && number < from + CALLS);
    const atElizaNet = numbersAt(elizaNet);
    return {
      'calls to the primary': new Set(numbersAt(upstream)).size,
      'calls to ElizaNet': atElizaNet.length,
      'of which duplicates': atElizaNet.length - new Set(atElizaNet).size,
    };
  };
  upstream.fault = { kind: 'status', status: 429 };
  const first = await wave(1_000);
  const open = await wave(2_000);
  upstream.fault = { kind: 'hang' };
  // Jitter extends the open time by up to 20 %.
  await sleep(COOLDOWN_MS * 1.25);
  const halfOpen = await wave(3_000);
  const held = await wave(4_000);
  upstream.fault = { kind: 'status', status: 401 };
  upstream.disconnect();
  const rows = {
    'at the first failure': first,
    'circuit open': open,
    'circuit half-open': halfOpen,
    'probe in flight': held,
  };
  const twice = Object.values(rows).reduce((sum, row) => sum + row['of which duplicates'], 0);
  const probes = halfOpen['calls to the primary'] + held['calls to the primary'];
  return {
    title: 'Four waves of a hundred concurrent calls, every other one streamed',
    rows,
    checks: [
      { what: '400 calls: answers that are incomplete or mixed', measured: wrongCount, limit: 0, unit: '' },
      {
        what: 'circuit open: calls to the primary',
        measured: open['calls to the primary'],
        limit: 0,
        unit: '',
      },
      { what: 'circuit half-open: concurrent probes', measured: probes, limit: 1, unit: '' },
      { what: 'duplicate calls to ElizaNet', measured: twice, limit: 0, unit: '' },
    ],
  };
}
