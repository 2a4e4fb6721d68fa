import { describe, expect, it, onTestFinished } from 'vitest';
import { type Fault, HEALTHY } from '../../../lab/stand-in/fault.js';
import type { Engine, RunningAgent } from './agent-server.js';
import { answerOf, nextMessage } from './script.js';
import { type Stage, startStage, useProject } from './stage.js';
import { summarise } from './summary.js';
import { type Reply, TRANSPORTS, type Transport, User } from './user.js';

/** ElizaNet's stand-in answers at once; the rest is the server's own time. */
const LATER_MS = 3_500;

const project = useProject();

/** No setting but the two addresses: AgentServer closes a message after 30 s. */
describe.each<Engine>(['Node', 'Bun'])(
  'a real agent with default settings, under %s',
  { timeout: 240_000 },
  (engine) => {
    async function start(): Promise<Stage> {
      const stage = await startStage({ engine, project: project() });
      onTestFinished(stage.stop);
      return stage;
    }

    async function say(agent: RunningAgent, user: User, by: 'openai' | 'elizanet'): Promise<Reply> {
      const { mark, content } = nextMessage();
      const reply = await user.say(content);
      expect(reply.text, `${reply.error}\n${agent.log()}`).toBe(answerOf(by, mark));
      return reply;
    }

    async function sayTen(
      agent: RunningAgent,
      transports: readonly Transport[],
      firstWithinMs: number,
    ): Promise<Reply[]> {
      const users = await Promise.all(transports.map((transport) => User.arrive(agent, transport)));
      const replies: Reply[] = [];
      for (let i = 0; i < 10; i++) replies.push(await say(agent, users[i % users.length] as User, 'elizanet'));
      const [first, ...later] = replies.map(({ ms }) => ms);
      expect(first).toBeLessThan(firstWithinMs);
      expect(Math.max(...later)).toBeLessThan(LATER_MS);
      return replies;
    }

    it.each<[string, Fault]>([
      ['never answers', { kind: 'hang' }],
      ['keeps the connection open and answers nothing', { kind: 'keep-alive' }],
    ])('answers each of ten messages when its primary %s', async (phase, fault) => {
      const { openAi, agent } = await start();
      openAi.fault = fault;
      const replies = await sayTen(agent, TRANSPORTS, 25_000);
      summarise({ engine, transport: 'both', phase, by: 'elizanet' }, replies);
    });

    it('answers each of ten messages when its primary hangs after healthy ones', async () => {
      const { openAi, agent } = await start();
      const user = await User.arrive(agent, 'plain');
      while (openAi.calls.length < 50) await say(agent, user, 'openai');
      openAi.fault = { kind: 'hang' };
      const replies = await sayTen(agent, ['plain'], 12_000);
      summarise({ engine, transport: 'plain', phase: 'hangs after 50 healthy calls', by: 'elizanet' }, replies);
    });

    it('gives the whole answer of a stream that stalls after three chunks', async () => {
      const { openAi, agent } = await start();
      const user = await User.arrive(agent, 'sse');
      openAi.fault = { kind: 'stall', afterChunks: 3 };
      const reply = await say(agent, user, 'elizanet');
      expect(reply.ms).toBeLessThan(25_000);
      summarise({ engine, transport: 'sse', phase: 'stalls', by: 'elizanet' }, [reply]);
    });

    it('gives it sooner when fifty streams did not stall', async () => {
      const { openAi, agent } = await start();
      const user = await User.arrive(agent, 'sse');
      const streams = () => openAi.calls.filter(({ body }) => body.stream).length;
      openAi.fault = HEALTHY;
      while (streams() < 50) await say(agent, user, 'openai');
      openAi.fault = { kind: 'stall', afterChunks: 3 };
      const reply = await say(agent, user, 'elizanet');
      expect(reply.ms).toBeLessThan(10_000);
      summarise({ engine, transport: 'sse', phase: 'stalls after 50 healthy streams', by: 'elizanet' }, [reply]);
    });
  },
);
