import { PATTERNS } from './patterns.js';

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Days, hours, minutes, seconds, milliseconds. */
const MAX_PARTS = 5;

/**
 * Reads the duration that a text begins with: "34s", "340ms", "1m30.5s", "20 seconds", "1 hour 30 minutes".
 * @returns milliseconds; undefined when the text begins with none.
 */
export function parseDuration(text: string): number | undefined {
  let rest = text.slice(0, 100);
  let totalMs: number | undefined;
  for (let part = 0; part < MAX_PARTS; part++) {
    const match = PATTERNS.durationPart.exec(rest);
    if (!match) break;
    const [whole, amount, unit = ''] = match;
    totalMs = (totalMs ?? 0) + Number(amount) * (MS_PER_UNIT[shortUnit(unit.toLowerCase())] ?? Number.NaN);
    rest = rest.slice(whole.length);
  }
  return totalMs;
}

function shortUnit(unit: string): string {
  return unit === 'ms' || unit.startsWith('msec') || unit.startsWith('milli') ? 'ms' : unit.charAt(0);
}
