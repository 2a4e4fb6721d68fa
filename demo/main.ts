/**
 * A real ElizaOS runtime, with the published OpenAI plugin as its primary, loses its provider in several ways and goes
 * on answering. No key and no network: both providers are stand-ins on loopback. `npm run demo -- --help`
 */
process.env.LOG_LEVEL ??= 'fatal';
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

import { parseArgs } from 'node:util';
import type { Fault } from '../lab/stand-in/fault.js';
import type { DemoCall, Tally } from './calls.js';
import { bold, green, red } from './terminal.js';

const { values: flags } = parseArgs({
  options: { upstream: { type: 'string' }, key: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (flags.help) {
  console.log(
    'npm run demo [-- --upstream URL [--key KEY]]\n\n  --upstream  a real ElizaNet or LiteLLM in place of the stand-in\n  --key       its key',
  );
  process.exit(0);
}

let orphans = 0;
process.on('unhandledRejection', () => orphans++);
// The published plugin prints errors of its streams to the console by itself.
console.error = () => {};

// After LOG_LEVEL is set: core reads it when it is loaded.
const { createRuntime } = await import('../lab/runtime.js');
const { openai } = await import('../lab/primaries.js');
const { startStandIn } = await import('../lab/stand-in/server.js');
const { default: elizaNetFallback } = await import('../src/index.js');
const { makeCall, printHeading } = await import('./calls.js');

/** How long a failing provider is left alone here; 15 s by default. */
const COOLDOWN_MS = 300;

const primary = await startStandIn({ text: 'OpenAI says hello.', object: { by: 'openai' }, pieceDelayMs: 40 });
const elizaNet = await startStandIn({
  text: 'ElizaNet steps in, and the user never notices a thing.',
  object: { by: 'elizanet' },
  pieceDelayMs: 40,
});
const { runtime, stop } = await createRuntime({
  plugins: [await openai.load(), elizaNetFallback],
  settings: {
    ...openai.settings(primary.url),
    ELIZANET_BASE_URL: flags.upstream ?? elizaNet.url,
    ELIZANET_COOLDOWN: COOLDOWN_MS,
    ELIZANET_COOLDOWN_MAX: COOLDOWN_MS,
    // The stand-in primary makes its vectors up: no real model has the same.
    ELIZANET_EMBEDDING_ON_MISMATCH: flags.upstream ? 'allow' : 'throw',
  },
  secrets: flags.key ? { ELIZANET_API_KEY: flags.key } : {},
});

const CALLS: DemoCall[] = [
  { kind: 'text', prompt: 'How are you?' },
  { kind: 'stream', prompt: 'Tell me a story' },
  { kind: 'object', prompt: 'Who answers? As JSON' },
  { kind: 'embedding', prompt: 'A memory to store' },
  { kind: 'image', prompt: 'A lighthouse in a storm' },
];
const streamOnly = CALLS.filter(({ kind }) => kind === 'stream');

const PHASES: { title: string; fault: Fault; calls: DemoCall[] }[] = [
  { title: 'The provider is well', fault: { kind: 'none' }, calls: CALLS },
  {
    title: 'It answers 429, with Retry-After: 9 (on its own, the OpenAI plugin would wait for 18 s, then fail)',
    fault: { kind: 'status', status: 429, headers: { 'retry-after': '9' } },
    calls: [...CALLS, { kind: 'text', prompt: 'And once more?' }],
  },
  { title: 'It drops every connection', fault: { kind: 'drop' }, calls: CALLS },
  {
    title: 'It cuts a stream in the middle (what was streamed stays; the result is one whole answer)',
    fault: { kind: 'cut' },
    calls: streamOnly,
  },
  { title: 'It is well again, and is gone back to', fault: { kind: 'none' }, calls: CALLS },
];

const tally: Tally = { made: 0, answered: 0 };
for (const { title, fault, calls } of PHASES) {
  // What the phase before has left open has to have ended, so that this one meets the provider itself.
  await new Promise((resolve) => setTimeout(resolve, COOLDOWN_MS * 1.5));
  primary.fault = fault;
  console.log(`\n${bold(title)}`);
  printHeading();
  for (const call of calls) await makeCall(runtime, call, tally);
}

const unanswered = tally.made - tally.answered;
const ok = unanswered === 0 && orphans === 0;
const verdict = `${tally.made} calls made, ${tally.answered} answered, ${unanswered} unanswered; process alive, ${orphans} orphaned rejections`;
console.log(`\n${(ok ? green : red)(bold(verdict))}`);
await stop();
await Promise.all([primary.close(), elizaNet.close()]);
// core leaves a timer of 30 s behind for each service.
process.exit(ok ? 0 : 1);
