import { describeDuration } from '../core/describe-duration.js';
import { describeAttempts } from '../core/failover-errors.js';
import type { FailoverStatus } from '../observe/status.js';
import { printable } from './printable.js';

const SHOWN_FAILOVERS = 5;
/** A longer cell does not widen its column. */
const MAX_WIDTH = 60;

/** In words. */
const PHASES: Record<FailoverStatus['phase'], string> = {
  empty: 'no call yet',
  healthy: 'every provider works',
  outage: 'a provider is down, calls go to another one',
  elizanet_down: 'ElizaNet is down: the next outage would not be answered',
  down: 'a provider and ElizaNet are down',
  off: 'switched off by ELIZANET_FALLBACK_ENABLED=false',
};

/** A status as text, in lines. */
export function statusTable(status: FailoverStatus): string {
  const { version, phase, modelTypes, circuits, lastFailovers, totals, at } = status;
  const ago = (time: number) => `${describeDuration(Math.max(0, at - time))} ago`;
  const sections: [string, string[][]][] = [
    [
      'Answered by',
      modelTypes.map(({ modelType, answeredBy, providers }) => [
        modelType,
        answeredBy ?? 'none',
        providers.join(' → '),
      ]),
    ],
    [
      'Open circuits',
      circuits.map(({ provider, modelType, reason, statusCode, since, retryInMs, state }) => [
        provider,
        modelType ?? 'every model type',
        [statusCode, reason].filter(Boolean).join(' '),
        `for ${describeDuration(Math.max(0, at - since))}`,
        state === 'open' && retryInMs > 0 ? `probe in ${describeDuration(retryInMs)}` : 'the next call is the probe',
      ]),
    ],
    [
      'Last failovers',
      lastFailovers
        .slice(0, SHOWN_FAILOVERS)
        .map(({ endedAt, modelType, attempts }) => [ago(endedAt), modelType, describeAttempts(attempts)]),
    ],
    [
      'Since the start',
      [
        ['calls', String(totals.calls)],
        ['answered by another provider', String(totals.failovers)],
        ['unanswered', String(totals.unanswered)],
        ['tokens of ElizaNet', `${totals.inputTokens} in, ${totals.outputTokens} out`],
        ['cost of ElizaNet', `$${totals.costUsd.toFixed(4)}`],
      ],
    ],
  ];
  const lines = sections.flatMap(([title, rows]) => ['', title, ...columns(rows.length > 0 ? rows : [['none']])]);
  const words = Object.hasOwn(PHASES, phase) ? PHASES[phase] : printable(phase);
  return [`ElizaNet fallback ${printable(version)}: ${words}`, ...lines].join('\n');
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((cells) => cells.map(printable));
  const widths: number[] = [];
  for (const cells of shown) {
    for (const [i, cell] of cells.entries()) widths[i] = Math.min(MAX_WIDTH, Math.max(widths[i] ?? 0, cell.length));
  }
  return shown.map((cells) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
}
