import { fileURLToPath } from 'node:url';
import { runScript } from '../child.js';
import { mapConcurrently } from '../map-concurrently.js';
import { PRIMARIES } from '../primaries.js';
import type { CellResult } from './laboratory.js';

/** The results of all cells of one plugin. */
export interface Findings {
  plugin: string;
  results: CellResult[];
  /** Unhandled rejections and uncaught exceptions. */
  unhandled: string[];
  /** Handlers of the primary that had not returned when the process ended. */
  unfinished: number;
}

/** The processes mostly wait for the primaries' retries. */
const CONCURRENT_PROCESSES = 3;

/** Started first: it sleeps for 30 s in an embedding call that got a 429. */
const SLOWEST = 'elizaOSCloud';

/** Runs all cells of all plugins, each plugin in its own process. @returns the findings in the order of `PRIMARIES`. */
export async function runMatrix(): Promise<Findings[]> {
  const names = PRIMARIES.map(({ name }) => name);
  const order = [...names].sort((a, b) => Number(b === SLOWEST) - Number(a === SLOWEST));
  const findings = await mapConcurrently(order, CONCURRENT_PROCESSES, runPlugin);
  return findings.sort((a, b) => names.indexOf(a.plugin) - names.indexOf(b.plugin));
}

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

async function runPlugin(plugin: string): Promise<Findings> {
  const { code, stdout, stderr } = await runScript(CHILD, [plugin]);
  const lastLine = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (code === 0 && lastLine.startsWith('{')) return JSON.parse(lastLine);
  throw new Error(`the process of ${plugin} exited with ${code}: ${stderr.slice(-2_000)}`);
}
