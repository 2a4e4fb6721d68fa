import { cellsOf, expectedOutcome, isCut, isTimed } from '../../lab/matrix/cells.js';
import { Laboratory } from '../../lab/matrix/laboratory.js';
import { PRIMARIES, type Primary } from '../../lab/primaries.js';
import { median, rounded } from '../statistics.js';
import type { Measurement } from './measurement.js';

/** Faults on which the published plugins retry for seconds. */
const RETRIED: readonly string[] = [
  'HTTP 429',
  'HTTP 429, Retry-After',
  'HTTP 500',
  'HTTP 502, HTML',
  'HTTP 503',
  'HTTP 529',
  'dropped',
  'refused',
];

const BROKEN_OFF = 'HTTP 200, half';

/**
 * Overhead of the first call of an outage, for each plugin and fault: its time beyond the first failing response and
 * ElizaNet's own answer.
 */
export async function measureFirstCalls(rounds: number): Promise<Measurement> {
  const rows: Record<string, Record<string, number>> = {};
  for (const primary of PRIMARIES) {
    for (const [fault, overheads] of await overheadsOf(primary, rounds)) {
      rows[fault] = { ...rows[fault], [primary.name]: rounded(median(overheads)) };
    }
  }
  return {
    title: 'First call of an outage: ms beyond the first failing response + ElizaNet (median of all kinds of call)',
    rows,
    checks: Object.entries(rows).map(([fault, byPlugin]) => ({
      what: `first call of an outage, ${fault}, slowest plugin`,
      measured: Math.max(...Object.values(byPlugin)),
      limit: limitMs(fault),
      unit: 'ms',
    })),
  };
}

function limitMs(fault: string): number {
  if (RETRIED.includes(fault)) return 50;
  // A good response that breaks off is given 250 ms: some servers end a whole one like that.
  return fault === BROKEN_OFF ? 500 : 250;
}

/** Each sample has its own runtime, so every circuit starts closed. */
async function overheadsOf(primary: Primary, rounds: number): Promise<Map<string, number[]>> {
  const laboratory = await Laboratory.open(primary, { timeElizaNet: true });
  const cells = cellsOf(primary.name);
  laboratory.direct('upstream');
  // Warm-up: the healthy calls load the SDKs.
  for (const cell of cells) if (cell.fault === 'none') await laboratory.run(cell);
  const failing = cells.filter((cell) => expectedOutcome(cell) === 'ElizaNet' && !isTimed(cell) && !isCut(cell.fault));
  const overheads = new Map<string, number[]>(failing.map(({ fault }) => [fault, []]));
  for (let round = 0; round < rounds; round++) {
    for (const cell of failing) {
      laboratory.direct(cell.fault === 'refused' ? 'nowhere' : 'upstream');
      const { outcome, problems, totalMs, failingAfterMs, elizaNetMs = 0 } = await laboratory.run(cell);
      if (outcome !== 'ElizaNet' || problems.length > 0) {
        throw new Error(`plugin-${primary.name}, ${cell.kind}, ${cell.fault}: ${outcome}; ${problems.join('; ')}`);
      }
      overheads.get(cell.fault)?.push(totalMs - failingAfterMs - elizaNetMs);
    }
  }
  laboratory.windDown();
  return overheads;
}
