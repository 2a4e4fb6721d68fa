import type { CheckResult } from './check-result.js';

const MARKS = { ok: 'ok', warn: 'warn', fail: 'FAIL', skipped: '-' } as const;
const COLOURS = { ok: 32, warn: 33, fail: 31, skipped: 2 } as const;
/** Fits the longest check name. */
const NAME_WIDTH = 26;

/** One result as a row of the table, with its advice on the line below. */
export function row({ name, status, detail, advice, durationMs }: CheckResult, colour: boolean): string {
  const mark = MARKS[status].padEnd(4);
  const shown = colour ? `\u001b[${COLOURS[status]}m${mark}\u001b[0m` : mark;
  const took = durationMs === undefined ? '' : ` (${Math.round(durationMs)} ms)`;
  const what = `  ${shown}  ${name.padEnd(NAME_WIDTH)}${detail}${took}`;
  return advice === undefined ? what : `${what}\n${' '.repeat(8 + NAME_WIDTH)}→ ${advice}`;
}

/** The last line of the report. */
export function verdict(results: readonly CheckResult[], ok: boolean): string {
  const count = (status: CheckResult['status']) => results.filter((result) => result.status === status).length;
  const warnings = count('warn');
  const aside = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  if (ok) return `Calls that fail over will be answered${aside}.`;
  return `Calls that fail over will NOT all be answered: ${count('fail')} failed${aside}.`;
}
