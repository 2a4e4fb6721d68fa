import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HEALTHY } from '../../../lab/stand-in/fault.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import type { RunningAgent } from './agent-server.js';
import { checkMetrics, startPrometheus } from './prometheus.js';
import { answerOf, nextMessage } from './script.js';
import { PREPARE_TIMEOUT_MS, type Stage, startStage } from './stage.js';
import { eventually, User } from './user.js';

/** The plugin's pages, as an AgentServer serves them. */

let stage: Stage;
let openAi: StandIn;
let elizaNet: StandIn;
let agent: RunningAgent;

beforeAll(async () => {
  stage = await startStage();
  ({ openAi, elizaNet, agent } = stage);
}, PREPARE_TIMEOUT_MS);

afterAll(() => stage?.stop());

it('serves its metrics with and without the id of the agent, and counts what its user saw', async () => {
  openAi.fault = { kind: 'status', status: 429 };
  const user = await User.arrive(agent, 'plain');
  const { mark, content } = nextMessage();
  const reply = await user.say(content);
  expect(reply.text, agent.log()).toBe(answerOf('elizanet', mark));
  const paths = [
    '/elizanet-fallback/metrics',
    `/elizanet-fallback/metrics?agentId=${agent.agentId}`,
    `/api/agents/${agent.agentId}/plugins/elizanet-fallback/metrics?agentId=${agent.agentId}`,
  ];
  for (const path of paths) {
    const response = await fetch(agent.url + path);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toMatch(
      /^elizanet_calls_total\{.*target="elizanet-fallback",outcome="failed_over"\} [1-9]/m,
    );
  }
});

it('writes metrics that promtool accepts', async () => {
  const page = await (await fetch(`${agent.url}/elizanet-fallback/metrics`)).text();
  expect(await checkMetrics(page)).toBe('');
});

it("is scraped by a real Prometheus, whose totals are the stand-ins' own counts", { timeout: 120_000 }, async () => {
  const prometheus = await startPrometheus(agent.url, agent.agentId);
  try {
    openAi.fault = HEALTHY;
    const user = await User.arrive(agent, 'sse');
    await user.say(nextMessage().content);
    openAi.fault = { kind: 'status', status: 503 };
    for (let i = 0; i < 3; i++) await user.say(nextMessage().content);
    const sent = () => elizaNet.calls.filter(({ path }) => path.endsWith('/chat/completions')).length;
    // What follows a message, such as reflection, is over when no request has come for a while.
    let before = -1;
    while (before !== sent()) {
      before = sent();
      await delay(2_000);
    }
    const counted = () => prometheus.query('elizanet_requests_total{model_type=~"TEXT_LARGE|TEXT_SMALL"}');
    expect(await eventually(counted, (count) => count === sent(), 15_000)).toBe(sent());
    expect(sent()).toBeGreaterThan(0);
    expect(await prometheus.query('elizanet_requests_in_flight')).toBe(0);
    expect(await prometheus.query('up')).toBe(1);
  } finally {
    await prometheus.stop();
  }
});

it('refuses a page of another origin, which the server itself would let read them', async () => {
  const headers = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
  const response = await fetch(`${agent.url}/elizanet-fallback/metrics`, { headers });
  expect(response.status).toBe(403);
});
