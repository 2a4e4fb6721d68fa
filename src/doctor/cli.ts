#!/usr/bin/env node
import { parseArgs } from 'node:util';
import type { CheckResult } from './checks.js';
import { diagnose } from './doctor.js';
import { row, verdict } from './report.js';

const USAGE = `Usage: npx @elizaos/plugin-elizanet-fallback doctor [--json]

Checks that calls would be answered in an outage of your model provider: reads the settings from the environment and
from .env in this folder, and calls the ElizaNet or LiteLLM that they name. Costs two short answers and one embedding.
Never prints the key.

  --json  print one JSON object instead of a table
  --help  print this

Exit code: 0 all checks passed, 1 a check failed, 2 wrong usage.`;

const EXIT = { ok: 0, failed: 1, usage: 2 };

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let parsed: { values: { json?: boolean; help?: boolean }; positionals: string[] };
  try {
    const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(USAGE);
    return EXIT.ok;
  }
  if (positionals.length !== 1 || positionals[0] !== 'doctor') {
    console.error(USAGE);
    return EXIT.usage;
  }
  return doctor(values.json ?? false);
}

async function doctor(json: boolean): Promise<number> {
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const results: CheckResult[] = [];
  const findings = diagnose({ cwd: process.cwd(), env: process.env });
  for (;;) {
    const { done, value } = await findings.next();
    if (done) {
      console.log(json ? JSON.stringify({ ok: value, results }, null, 2) : `\n${verdict(results, value)}`);
      return value ? EXIT.ok : EXIT.failed;
    }
    results.push(value);
    // Print each result as it comes: a model call can take seconds.
    if (!json) console.log(row(value, colour));
  }
}
