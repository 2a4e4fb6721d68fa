import { writeSync } from 'node:fs';
import type { Reply } from './user.js';

interface Row {
  engine: string;
  transport: string;
  phase: string;
  by: string;
}

const COLUMNS = ['engine', 'transport', 'phase', 'answered by', 'answered', 'first', 'slowest'];
const lines: string[][] = [];

/** Adds the replies of a phase to the table. */
export function summarise({ engine, transport, phase, by }: Row, replies: Reply[]): void {
  const answered = replies.filter((reply) => reply.answered).length;
  const slowest = Math.max(...replies.map(({ ms }) => ms));
  lines.push([
    engine,
    transport,
    phase,
    by,
    `${answered} of ${replies.length}`,
    `${replies[0]?.ms} ms`,
    `${slowest} ms`,
  ]);
}

/** Prints the table straight to stdout: Vitest only shows the output of failing tests. */
export function printSummary(): void {
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const row = (cells: string[]) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  writeSync(1, `\n${[COLUMNS, ...lines.splice(0)].map(row).join('\n')}\n\n`);
}
