import type { StandIn } from '../../lab/stand-in/server.js';
import { type Measurement, sleep } from './measurement.js';
import { answerOf, numberOf, openAiAgent } from './open-ai-agent.js';

const CALLS = 100;
const COOLDOWN_MS = 1_500;

/** A hundred calls at the moment of the first failure, and after it. */
export async function measureHundredCalls(): Promise<Measurement> {
  const { upstream, elizaNet, ask } = await openAiAgent({ settings: { ELIZANET_COOLDOWN: String(COOLDOWN_MS) } });
  let notWhole = 0;
  /** Every other call is streamed. Numbers tell the waves apart: the primary's own retries are those of an old one. */
  const wave = async (from: number) => {
    const calls = Array.from({ length: CALLS }, async (_, i) => {
      const { answer, chunks } = await ask(from + i, { streamed: i % 2 === 1 });
      const byOne = (['OpenAI', 'ElizaNet'] as const).some((by) => answer === answerOf(by, from + i));
      if (!byOne || (i % 2 === 1 && chunks !== answer)) notWhole++;
    });
    await Promise.all(calls);
    const numbersAt = (standIn: StandIn) =>
      standIn.calls.map(({ body }) => numberOf(body)).filter((number) => number >= from && number < from + CALLS);
    const atElizaNet = numbersAt(elizaNet);
    return {
      'asked of the primary': new Set(numbersAt(upstream)).size,
      'asked of ElizaNet': atElizaNet.length,
      'of these twice': atElizaNet.length - new Set(atElizaNet).size,
    };
  };
  upstream.fault = { kind: 'status', status: 429 };
  const first = await wave(1_000);
  const open = await wave(2_000);
  upstream.fault = { kind: 'hang' };
  // Its jitter makes the open time longer by up to a fifth.
  await sleep(COOLDOWN_MS * 1.25);
  const halfOpen = await wave(3_000);
  const held = await wave(4_000);
  upstream.fault = { kind: 'status', status: 401 };
  upstream.disconnect();
  const rows = {
    'at the first failure': first,
    'while open': open,
    'half-open': halfOpen,
    'its probe under way': held,
  };
  const twice = Object.values(rows).reduce((sum, row) => sum + row['of these twice'], 0);
  const probes = halfOpen['asked of the primary'] + held['asked of the primary'];
  return {
    title: 'A hundred calls at once, every other one streamed, four times',
    rows,
    checks: [
      { what: 'answers of the 400 that are not whole, or not by one model', measured: notWhole, limit: 0, unit: '' },
      {
        what: 'calls that the primary sees while it is left alone',
        measured: open['asked of the primary'],
        limit: 0,
        unit: '',
      },
      { what: 'calls of 200 that probe it at the same time', measured: probes, limit: 1, unit: '' },
      { what: 'calls that ElizaNet got twice', measured: twice, limit: 0, unit: '' },
    ],
  };
}
