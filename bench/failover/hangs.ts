import { PROVIDER_NAME } from '../../src/index.js';
import { median, rounded } from '../statistics.js';
import { type Measurement, sleep, timed } from './measurement.js';
import { openAiAgent } from './open-ai-agent.js';

const SAMPLES = 5;
const SLACK_MS = 50;

/** Added latency of a primary that hangs: with a hedge, and as the probe of a half-open circuit. */
export async function measureHangs(): Promise<Measurement> {
  const rows: Measurement['rows'] = {};
  const checks: Measurement['checks'] = [];
  for (const { what, hedgeMs, sample } of [
    { what: 'primary hangs, ELIZANET_HEDGE_AFTER=1000', hedgeMs: 1_000, sample: hungCall },
    { what: 'half-open probe hangs', hedgeMs: 1_500, sample: hungProbe },
  ]) {
    const beyond: number[] = [];
    for (let i = 0; i < SAMPLES; i++) beyond.push(await sample());
    const measured = median(beyond);
    rows[what] = { 'ms beyond ElizaNet': rounded(measured), 'of which hedge delay': hedgeMs };
    checks.push({ what, measured, limit: hedgeMs + SLACK_MS, unit: 'ms' });
  }
  return { title: 'A primary that hangs', rows, checks };
}

async function hungCall(): Promise<number> {
  return beyondElizaNet(await openAiAgent({ settings: { ELIZANET_HEDGE_AFTER: '1000' } }));
}

async function hungProbe(): Promise<number> {
  const agent = await openAiAgent({ settings: { ELIZANET_COOLDOWN: '1', ELIZANET_COOLDOWN_MAX: '1' } });
  agent.upstream.fault = { kind: 'status', status: 429 };
  await agent.ask(1);
  await sleep(10);
  return beyondElizaNet(agent);
}

async function beyondElizaNet({ upstream, ask }: Awaited<ReturnType<typeof openAiAgent>>): Promise<number> {
  upstream.fault = { kind: 'hang' };
  const totalMs = await timed(() => ask(2));
  const elizaNetMs = await timed(() => ask(3, { provider: PROVIDER_NAME }));
  upstream.fault = { kind: 'status', status: 401 };
  upstream.disconnect();
  return totalMs - elizaNetMs;
}
