#!/usr/bin/env node
import { packageVersion } from '../observe/package-version.js';
import { type Arguments, readArguments } from './arguments.js';
import type { CheckResult } from './check-result.js';
import { diagnose } from './doctor.js';
import { row, verdict } from './report.js';
import { DEFAULT_SERVER, readStatus } from './status.js';
import { statusTable } from './status-table.js';

const USAGE = `Usage: npx @elizaos/plugin-elizanet-fallback doctor [options]
       npx @elizaos/plugin-elizanet-fallback status [options]

doctor checks that calls would be answered in an outage of your model provider. Run it in the folder that the agent is started
in: it reads the settings as the agent does, and calls the ElizaNet or LiteLLM that they name. Costs two short answers
and one embedding. Never prints the key.

  --character FILE  read this character too: JSON, or a module that exports a character or a project
  --url URL         check this address in place of ELIZANET_BASE_URL
  --key KEY         use this key in place of ELIZANET_API_KEY; other users of this machine may see it
  --json            print one JSON object instead of a table
  --version         print the version
  --help            print this

A character's settings override the .env files of this folder and its parents, those override the environment, and that
overrides .env.local, which Bun loads.
Exit code: 0 an outage would be answered, 1 a check failed, 2 wrong usage.

status shows how a running agent's calls fail over: who answers each model type, open circuits, the last failovers.

  --url URL         the address of the agent's server; default ${DEFAULT_SERVER}
  --agent ID        the agent; default the server's first one
  --json            print the status as JSON

Exit code: 0 the status was read, 1 it was not, 2 wrong usage.`;

const EXIT = { ok: 0, failed: 1, usage: 2 };

// A reader that has seen enough, such as head, closes the pipe. The exit code still tells the result.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const code = await main(process.argv.slice(2));
// A character's module may have opened what keeps a process running.
process.stdout.write('', () => process.exit(code));

async function main(args: string[]): Promise<number> {
  const parsed = readArguments(args);
  if ('problem' in parsed) {
    process.stderr.write(`${parsed.problem}\n\n${USAGE}\n`);
    return EXIT.usage;
  }
  if (parsed.help || parsed.version) {
    print(parsed.help ? USAGE : packageVersion());
    return EXIT.ok;
  }
  return parsed.command === 'status' ? status(parsed) : doctor(parsed);
}

async function doctor({ json = false, character, url, key }: Arguments): Promise<number> {
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const results: CheckResult[] = [];
  const findings = diagnose({ cwd: process.cwd(), env: process.env, character, url, key });
  for (;;) {
    const { done, value } = await findings.next();
    if (done) {
      const report = { version: packageVersion(), ...value, results };
      print(json ? JSON.stringify(report, null, 2) : `\n${verdict(results, value.ok)}`);
      return value.ok ? EXIT.ok : EXIT.failed;
    }
    results.push(value);
    // Print each result as it comes: a model call can take seconds.
    if (!json) print(row(value, colour));
  }
}

async function status({ json = false, url, agent }: Arguments): Promise<number> {
  const read = await readStatus(url, agent);
  if ('problem' in read) {
    process.stderr.write(`${read.problem}\n`);
    return EXIT.failed;
  }
  print(json ? JSON.stringify(read.status, null, 2) : statusTable(read.status));
  return EXIT.ok;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
