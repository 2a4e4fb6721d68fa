import type { Plugin } from '@elizaos/core';
import { closedPort } from '../../lab/stand-in/server.js';
import type { Measurement } from './measurement.js';
import { openAiAgent } from './open-ai-agent.js';

const CALLS = 50;

/** A healthy primary that also sends telemetry for each call to a dead host. */
export async function measureSideRequest(): Promise<Measurement> {
  const deadHost = await closedPort();
  const withTelemetry = (published: Plugin): Plugin => {
    const handler = published.models?.TEXT_LARGE as (...args: unknown[]) => Promise<unknown>;
    const TEXT_LARGE = async (...args: unknown[]) => {
      const answer = handler(...args);
      await fetch(deadHost).catch(() => {});
      return answer;
    };
    return { ...published, models: { TEXT_LARGE: TEXT_LARGE as never } };
  };
  const { upstream, elizaNet, ask } = await openAiAgent({ plugin: withTelemetry, upstream: { delayMs: 10 } });
  for (let call = 1; call <= CALLS; call++) await ask(call);
  return {
    title: 'A healthy primary with telemetry to a dead host',
    rows: { [`${CALLS} calls`]: { primary: upstream.calls.length - 1, ElizaNet: elizaNet.calls.length } },
    checks: [{ what: 'healthy primary: calls to ElizaNet', measured: elizaNet.calls.length, limit: 0, unit: '' }],
  };
}
