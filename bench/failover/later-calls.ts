import { PROVIDER_NAME } from '../../src/index.js';
import { median, quantile, rounded } from '../statistics.js';
import { type Measurement, timed } from './measurement.js';
import { openAiAgent } from './open-ai-agent.js';

const PAIRS = 200;
const WARM_UP_PAIRS = 20;
const LIMIT_MS = 5;

/** Calls while the primary's circuit is open, each paired with a call pinned to ElizaNet. */
export async function measureLaterCalls(): Promise<Measurement> {
  const { upstream, ask } = await openAiAgent();
  upstream.fault = { kind: 'status', status: 429 };
  await ask(1);
  const rows: Measurement['rows'] = {};
  const checks: Measurement['checks'] = [];
  for (const streamed of [false, true]) {
    const [guarded, pinned]: [number[], number[]] = [[], []];
    for (let pair = -WARM_UP_PAIRS; pair < PAIRS; pair++) {
      const both = [
        async () => guarded.push(await timed(() => ask(2, { streamed }))),
        async () => pinned.push(await timed(() => ask(2, { streamed, provider: PROVIDER_NAME }))),
      ];
      // Alternate the order within a pair.
      if (pair % 2 === 0) both.reverse();
      for (const measure of both) await measure();
    }
    const [ours, theirs] = [guarded.slice(WARM_UP_PAIRS), pinned.slice(WARM_UP_PAIRS)];
    const measured = median(ours.map((ms, pair) => ms - (theirs[pair] ?? Number.NaN)));
    const kind = streamed ? 'streamed text' : 'text';
    const shown = (values: number[]) => `${rounded(median(values))} (${rounded(quantile(values, 0.95))})`;
    rows[kind] = {
      'guarded ms': shown(ours),
      'pinned ms': shown(theirs),
      ratio: rounded(median(ours) / median(theirs), 2),
      'difference ms': rounded(measured),
    };
    checks.push({
      what: `circuit open: overhead of a call, ${kind}`,
      measured,
      limit: LIMIT_MS,
      unit: 'ms',
    });
  }
  return { title: 'Circuit open: guarded calls beside calls pinned to ElizaNet, median (p95)', rows, checks };
}
