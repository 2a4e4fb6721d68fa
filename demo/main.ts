/**
 * A real ElizaOS runtime with the published plugin-openai, through several outages of its provider. Needs no key and no
 * network: both providers are stand-ins on loopback. `npm run demo -- --help`
 */
process.env.LOG_LEVEL ??= 'fatal';
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

import type { Fault } from '../lab/stand-in/fault.js';
import type { DemoCall, Tally } from './calls.js';
import { findProblem, readOptions } from './options.js';
import { bold, green, red } from './terminal.js';

const options = readOptions();
const problem = await findProblem(options);
if (problem) {
  console.error(problem);
  process.exit(1);
}

let unhandledCount = 0;
process.on('unhandledRejection', () => unhandledCount++);
// plugin-openai prints its stream errors to the console.
console.error = () => {};

// core reads LOG_LEVEL when it is loaded.
const { createRuntime } = await import('../lab/runtime.js');
const { openai } = await import('../lab/primaries.js');
const { startStandIn } = await import('../lab/stand-in/server.js');
const { createElizaNetFallbackPlugin } = await import('../src/index.js');
const { systemClock } = await import('../src/core/clock.js');
const { makeCall, printHeadings } = await import('./calls.js');

/** Moves the plugin's clock past the open time of every circuit, instead of waiting for minutes. */
const BETWEEN_PHASES_MS = 10 * 60_000;
let elapsedMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + elapsedMs };

const primary = await startStandIn({ text: 'OpenAI says hello.', object: { by: 'openai' }, pieceDelayMs: 40 });
const elizaNet = await startStandIn({
  text: 'ElizaNet answers instead of the primary.',
  object: { by: 'elizanet' },
  pieceDelayMs: 40,
});
const { runtime, stop } = await createRuntime({
  plugins: [await openai.load(), createElizaNetFallbackPlugin({ clock })],
  settings: {
    ...openai.settings(primary.url),
    ELIZANET_BASE_URL: options.upstream ?? elizaNet.url,
    // The primary's vectors are generated, so no real embedding model matches them.
    ELIZANET_EMBEDDING_ON_MISMATCH: options.upstream ? 'allow' : 'throw',
  },
  secrets: options.key ? { ELIZANET_API_KEY: options.key } : {},
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
  { title: 'The provider is healthy', fault: { kind: 'none' }, calls: CALLS },
  {
    title: 'It answers 429, Retry-After: 9 (without failover, plugin-openai retries for 18 s, then fails)',
    fault: { kind: 'status', status: 429, headers: { 'retry-after': '9' } },
    calls: [...CALLS, { kind: 'text', prompt: 'And once more?' }],
  },
  { title: 'Ten minutes later it drops every connection', fault: { kind: 'drop' }, calls: CALLS },
  {
    title: 'Ten minutes later it cuts a stream after its first chunks (the call still returns one complete answer)',
    fault: { kind: 'cut' },
    calls: streamOnly,
  },
  { title: 'Ten minutes later it has recovered, and is used again', fault: { kind: 'none' }, calls: CALLS },
];

const tally: Tally = { made: 0, answered: 0 };
for (const { title, fault, calls } of PHASES) {
  primary.fault = fault;
  console.log(`\n${bold(title)}`);
  printHeadings();
  for (const call of calls) await makeCall(runtime, call, tally);
  elapsedMs += BETWEEN_PHASES_MS;
}

const unanswered = tally.made - tally.answered;
const ok = unanswered === 0 && unhandledCount === 0;
const verdict = `${tally.made} calls made, ${tally.answered} answered, ${unanswered} unanswered; ${unhandledCount} unhandled rejections`;
console.log(`\n${(ok ? green : red)(bold(verdict))}`);
await stop();
await Promise.all([primary.close(), elizaNet.close()]);
// core leaves a 30 s timer per service.
process.exit(ok ? 0 : 1);
