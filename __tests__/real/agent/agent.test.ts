import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, HEALTHY } from '../../../lab/stand-in/fault.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import type { Engine, RunningAgent } from './agent-server.js';
import { answerOf, isReply, markIn, nextMessage } from './script.js';
import { type Stage, startStage, useProject, WIDTH } from './stage.js';
import { summarise } from './summary.js';
import { eventually, type Reply, TRANSPORTS, type Transport, User } from './user.js';

/** Open time of a circuit: short, so that each phase starts with a half-open one. */
const COOLDOWN_MS = 300;
const HEDGE_AFTER_MS = 5_000;

interface Phase {
  name: string;
  fault: Fault;
  messages: number;
  answeredBy: 'openai' | 'elizanet';
}

const RECOVERED: Phase = { name: 'recovered', fault: HEALTHY, messages: 2, answeredBy: 'openai' };
const RATE_LIMITED: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '9' } };

const PHASES: Phase[] = [
  { name: 'healthy', fault: HEALTHY, messages: 2, answeredBy: 'openai' },
  { name: '429, Retry-After: 9', fault: RATE_LIMITED, messages: 4, answeredBy: 'elizanet' },
  RECOVERED,
  { name: 'connections dropped', fault: { kind: 'drop' }, messages: 4, answeredBy: 'elizanet' },
  RECOVERED,
  { name: '503', fault: { kind: 'status', status: 503 }, messages: 4, answeredBy: 'elizanet' },
  RECOVERED,
];

const project = useProject();

describe.each<Engine>(['Node', 'Bun'])('a real agent under %s', { timeout: 180_000 }, (engine) => {
  let stage: Stage;
  let openAi: StandIn;
  let elizaNet: StandIn;
  let agent: RunningAgent;
  /** The text of every message sent. */
  const sent: string[] = [];

  beforeAll(async () => {
    stage = await startStage({
      engine,
      project: project(),
      // Unless a request sets `dimensions`.
      elizaNet: { dimensions: 2 * WIDTH },
      fault: RATE_LIMITED,
      settings: {
        ELIZANET_COOLDOWN: String(COOLDOWN_MS),
        ELIZANET_COOLDOWN_MAX: String(COOLDOWN_MS),
        ELIZANET_HEDGE_AFTER: String(HEDGE_AFTER_MS),
        // On a busy machine a healthy primary may exceed the default.
        ELIZANET_PROBE_HEDGE: String(HEDGE_AFTER_MS),
      },
    });
    ({ openAi, elizaNet, agent } = stage);
  });

  afterAll(() => stage?.stop());

  /** Sends a new message. */
  async function say(user: User): Promise<Reply & { mark: number }> {
    const { mark, content } = nextMessage();
    sent.push(content);
    return { mark, ...(await user.say(content)) };
  }

  /** Arrival times of the calls that answer one message. */
  const callsFor = (mark: number, { calls }: StandIn): number[] =>
    calls.filter(({ body }) => isReply(body) && markIn(body) === mark).map(({ at }) => at);

  /** The primary was called for this message and failed, and the call failed over before its retry. */
  function expectNoWaitForRetry(mark: number): void {
    const [asked, retried = Number.POSITIVE_INFINITY] = callsFor(mark, openAi);
    const [failedOver] = callsFor(mark, elizaNet);
    expect(failedOver).toBeGreaterThanOrEqual(asked ?? Number.POSITIVE_INFINITY);
    expect(failedOver).toBeLessThan(retried);
  }

  async function recover(): Promise<void> {
    openAi.fault = HEALTHY;
    elizaNet.fault = HEALTHY;
    await delay(COOLDOWN_MS + 100);
  }

  /** The requirements on every answer. */
  function expectWhole(reply: Reply, transport: Transport, expected: string): void {
    expect(reply.text, agent.log()).toBe(expected);
    expect(reply.chunks.join('')).toBe(transport === 'sse' ? expected : '');
  }

  it('starts during an outage, and answers', async () => {
    const user = await User.arrive(agent, 'sse');
    const reply = await say(user);
    expectWhole(reply, 'sse', answerOf('elizanet', reply.mark));
    summarise({ engine, transport: 'sse', phase: 'started in an outage', by: 'elizanet' }, [reply]);
  });

  it.each(TRANSPORTS)('answers 20 of 20 messages from healthy to outage to recovery, over %s', async (transport) => {
    await recover();
    const user = await User.arrive(agent, transport);
    let answered = 0;
    for (const { name, fault, messages, answeredBy } of PHASES) {
      await recover();
      openAi.fault = fault;
      const replies: Reply[] = [];
      for (let i = 0; i < messages; i++) {
        const reply = await say(user);
        expectWhole(reply, transport, answerOf(answeredBy, reply.mark));
        if (i === 0 && answeredBy === 'elizanet') expectNoWaitForRetry(reply.mark);
        replies.push(reply);
      }
      answered += replies.filter((reply) => reply.answered).length;
      summarise({ engine, transport, phase: name, by: answeredBy }, replies);
    }
    expect(answered).toBe(20);
  });

  it('answers ten users who write at the moment when the outage begins', async () => {
    await recover();
    const transports = Array.from({ length: 5 }, () => TRANSPORTS).flat();
    const users = await Promise.all(
      transports.map(async (transport) => ({ transport, user: await User.arrive(agent, transport) })),
    );
    openAi.fault = RATE_LIMITED;
    const replies = await Promise.all(users.map(async ({ transport, user }) => ({ transport, ...(await say(user)) })));
    for (const reply of replies) expectWhole(reply, reply.transport, answerOf('elizanet', reply.mark));
    summarise({ engine, transport: 'both', phase: '429, ten users at once', by: 'elizanet' }, replies);
  });

  it('has stored a real vector of the right width for every message', async () => {
    const stored = async () => new Map((await agent.state()).vectors.map(({ text, vector }) => [text, vector]));
    const vectors = await eventually(stored, (known) => sent.every((text) => known.has(text)), 15_000);
    for (const text of sent) {
      const vector = vectors.get(text) ?? [];
      expect(vector, `${text}\n${agent.log()}`).toHaveLength(WIDTH);
      // A fallback vector has only one non-zero value.
      expect(vector.filter((value) => value !== 0).length).toBeGreaterThan(WIDTH / 2);
    }
  });

  // No dropped socket: it would discard what the server has not read yet.
  it.each(['no-finish', 'error-event'] as const)(
    'gives one complete answer for a stream that is cut with %s',
    async (kind) => {
      await recover();
      const user = await User.arrive(agent, 'sse');
      openAi.fault = { kind, afterChunks: 12 };
      const reply = await say(user);
      expect(reply.text, agent.log()).toBe(answerOf('elizanet', reply.mark));
      // The chunks are the beginning of the primary's answer, without a word of ElizaNet's.
      const shown = reply.chunks.join('');
      expect(shown.length).toBeGreaterThan(10);
      expect(answerOf('openai', reply.mark).slice(0, shown.length)).toBe(shown);
      summarise({ engine, transport: 'sse', phase: `stream cut, ${kind}`, by: 'elizanet' }, [reply]);
    },
  );

  it('shows the user an error when all providers fail, and answers the next message', async () => {
    await recover();
    const [plain, sse] = await Promise.all(TRANSPORTS.map((transport) => User.arrive(agent, transport)));
    openAi.fault = { kind: 'status', status: 503 };
    elizaNet.fault = { kind: 'status', status: 503 };
    const replies = await Promise.all([plain, sse].map((user) => say(user as User)));
    expect(replies.map(({ text }) => text)).toEqual(['', '']);
    expect(replies[0]?.error).toBe('Failed to process message in HTTP transport');
    expect(replies[1]?.error).toContain('openai server 503');
    summarise({ engine, transport: 'both', phase: 'ElizaNet down too', by: 'none' }, replies);
    await recover();
    const next = await say(sse as User);
    expectWhole(next, 'sse', answerOf('openai', next.mark));
  });

  it('answers while the primary hangs, with ELIZANET_HEDGE_AFTER', async () => {
    await recover();
    openAi.fault = { kind: 'hang' };
    const replies = await Promise.all(
      TRANSPORTS.map(async (transport) => ({ transport, ...(await say(await User.arrive(agent, transport))) })),
    );
    for (const reply of replies) expectWhole(reply, reply.transport, answerOf('elizanet', reply.mark));
    summarise({ engine, transport: 'both', phase: 'primary hangs, hedged', by: 'elizanet' }, replies);
  });

  it('is still the same process at the end, without an unhandled rejection', async () => {
    const { pid, unhandled } = await agent.state();
    expect(pid).toBe(agent.pid);
    expect(unhandled).toEqual([]);
    expect(agent.alive).toBe(true);
  });
});
