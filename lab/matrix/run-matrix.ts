import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inLanes } from '../in-lanes.js';
import { PRIMARIES } from '../primaries.js';
import type { CellResult } from './laboratory.js';

/** What was seen of all cells of one plugin. */
export interface Findings {
  plugin: string;
  results: CellResult[];
  /** Rejections that nobody handled, and errors that nobody caught. */
  orphans: string[];
  /** Handlers of the primary that had not returned when the process ended. */
  unfinished: number;
}

/** Processes at a time. Most of their time they wait for the primaries' last tries. */
const PROCESSES = 3;

/** It sleeps for 30 s within an embedding that got a 429, so it goes first. */
const SLOWEST = 'elizaOSCloud';

/** Runs all cells of all plugins, each plugin in a process of its own. @returns what was seen, by plugin, in their order. */
export async function runMatrix(): Promise<Findings[]> {
  const names = PRIMARIES.map(({ name }) => name);
  const order = [...names].sort((a, b) => Number(b === SLOWEST) - Number(a === SLOWEST));
  const findings = await inLanes(order, PROCESSES, runPlugin);
  return findings.sort((a, b) => names.indexOf(a.plugin) - names.indexOf(b.plugin));
}

const child = fileURLToPath(new URL('./child.ts', import.meta.url));
/** The same runtime that runs the tests: Bun takes TypeScript as it is. */
const loader = process.versions.bun ? [] : ['--import', 'tsx'];

function runPlugin(plugin: string): Promise<Findings> {
  return new Promise((resolve, reject) => {
    const spawned = spawn(process.execPath, [...loader, child, plugin], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    spawned.stdout.on('data', (data) => {
      output += data;
    });
    spawned.stderr.on('data', (data) => {
      errors += data;
    });
    spawned.on('error', reject);
    spawned.on('close', (code) => {
      const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
      if (code === 0 && lastLine.startsWith('{')) resolve(JSON.parse(lastLine));
      else reject(new Error(`the process of ${plugin} ended with ${code}: ${errors.slice(-2_000)}`));
    });
  });
}
