import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { diagnose } from '../src/doctor/doctor.js';

const USAGE = `Usage: npm run demo [-- --upstream URL [--key KEY]]

Runs a real ElizaOS runtime with plugin-openai through an outage of its provider, and shows which provider answered each
call. Needs no key and no network: both providers are stand-ins on loopback.

  --upstream URL  use this ElizaNet or LiteLLM instead of the ElizaNet stand-in
  --key KEY       its API key
  --help          print this

Exit code: 0 all calls were answered, 1 a call failed or the upstream cannot be used, 2 wrong usage.`;

const CHECK_TIMEOUT_MS = 3_000;

export interface DemoOptions {
  upstream?: string;
  key?: string;
}

/** Reads the command line. Prints the usage and exits on `--help`, and with code 2 on wrong usage. */
export function readOptions(): DemoOptions {
  const { help, ...options } = parse();
  if (help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (options.upstream?.trim() === '') exitWithUsage('--upstream needs a URL');
  if (options.key !== undefined && options.upstream === undefined) exitWithUsage('--key needs --upstream');
  return options;
}

function parse(): DemoOptions & { help?: boolean } {
  try {
    return parseArgs({
      options: { upstream: { type: 'string' }, key: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    return exitWithUsage((error as Error).message);
  }
}

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(2);
}

/**
 * Asks the upstream for its models.
 * @returns why it cannot be used, in one line without the key; undefined if it can.
 */
export async function findProblem({ upstream, key }: DemoOptions): Promise<string | undefined> {
  if (upstream === undefined) return undefined;
  const env = {
    ...process.env,
    ELIZANET_TIMEOUT: String(CHECK_TIMEOUT_MS),
  };
  // As arguments, so that no `.env` of this folder's parents overrides them.
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  for await (const { name, status, detail, advice } of diagnose({ cwd, env, url: upstream, key })) {
    if (status === 'fail') {
      const problem = `Upstream check failed (${name}): ${detail}${advice ? `. ${advice}` : ''}`;
      return problem.replaceAll('ELIZANET_BASE_URL', '--upstream').replaceAll('ELIZANET_API_KEY', '--key');
    }
    // The checks after this one make model calls.
    if (name === 'key') return undefined;
  }
  return undefined;
}
