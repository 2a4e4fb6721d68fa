/**
 * Latency of failover: published plugins against a stand-in on loopback, beside the same calls pinned to ElizaNet in
 * the same run. Limits apply to medians; exits with 1 when a limit is exceeded.
 * `npm run bench:failover [-- --json] [-- --rounds 5]`; on Bun: `node scripts/bun.mjs bench/failover.ts`
 */
process.env.LOG_LEVEL = 'fatal';
// tsx enables source maps; resolving the stack of an SDK's first error then takes a second.
process.setSourceMapsEnabled?.(false);
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
// The AI SDK prints every stream error, and plugin-elizacloud its address on each call.
const { log, error } = console;
console.log = () => {};
console.error = () => {};

const { measureFirstCalls } = await import('./failover/first-calls.js');
const { measureHangs } = await import('./failover/hangs.js');
const { measureHundredCalls } = await import('./failover/hundred-calls.js');
const { measureLaterCalls } = await import('./failover/later-calls.js');
const { measureSideRequest } = await import('./failover/side-request.js');
const { rounded } = await import('./statistics.js');

const { argv, versions } = process;
const rounds = argv.includes('--rounds') ? Number(argv[argv.indexOf('--rounds') + 1]) : 5;
const ranOn = versions.bun ? `Bun ${versions.bun}` : `Node ${versions.node}`;

const measurements = [
  // First: the primaries of the other measurements keep retrying in the background.
  await measureLaterCalls(),
  await measureSideRequest(),
  await measureHangs(),
  await measureFirstCalls(rounds),
  await measureHundredCalls(),
];
Object.assign(console, { log, error });
const checks = measurements
  .flatMap((measurement) => measurement.checks)
  .map((check) => ({ ...check, measured: rounded(check.measured), holds: check.measured <= check.limit }));

if (argv.includes('--json')) {
  console.log(
    JSON.stringify({ ranOn, rounds, checks, tables: measurements.map(({ title, rows }) => ({ title, rows })) }),
  );
} else {
  for (const { title, rows } of measurements) {
    console.log(`\n${title}`);
    console.table(rows);
  }
  console.log(`\nLimits, on ${ranOn}`);
  console.table(Object.fromEntries(checks.map(({ what, ...rest }) => [what, rest])));
}
const missed = checks.filter(({ holds }) => !holds);
for (const { what, measured, limit, unit } of missed) {
  console.error(`missed: ${what}: ${measured} ${unit}, the limit is ${limit} ${unit}`);
}
process.exit(missed.length > 0 ? 1 : 0);

export {};
