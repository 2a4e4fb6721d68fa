import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, HEALTHY } from '../../../lab/stand-in/fault.js';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { type Engine, type RunningAgent, startAgentServer } from './agent-server.js';
import { createProject, type Project } from './project.js';
import { answerOf, nextMessage, speakAs } from './script.js';
import { printSummary, summarise } from './summary.js';
import { type Reply, TRANSPORTS, type Transport, User } from './user.js';

const PREPARE_TIMEOUT_MS = 600_000;
/** ElizaNet's stand-in answers at once; the rest is the server's own time. */
const LATER_MS = 3_500;

let project: Project;

beforeAll(async () => {
  project = await createProject({ withPlugin: true });
}, PREPARE_TIMEOUT_MS);

afterAll(async () => {
  printSummary();
  await project?.remove();
});

/** No setting but the two addresses: AgentServer closes a message after 30 s. */
describe.each<Engine>(['Node', 'Bun'])(
  'a real agent with default settings, under %s',
  { timeout: 240_000 },
  (engine) => {
    const running: { stop(): Promise<void> }[] = [];

    async function start(): Promise<{ openAi: StandIn; agent: RunningAgent }> {
      const openAi = await startStandIn({ text: speakAs('openai'), dimensions: 768 });
      const elizaNet = await startStandIn({ text: speakAs('elizanet'), dimensions: 768 });
      const agent = await startAgentServer({
        engine,
        project,
        isProtected: true,
        settings: {
          OPENAI_BASE_URL: `${openAi.url}/v1`,
          OPENAI_API_KEY: 'sk-primary',
          OPENAI_EMBEDDING_DIMENSIONS: '768',
          ELIZANET_BASE_URL: elizaNet.url,
        },
      });
      running.push({
        async stop() {
          await agent.stop();
          await openAi.close();
          await elizaNet.close();
        },
      });
      return { openAi, agent };
    }

    afterAll(async () => {
      await Promise.all(running.map((each) => each.stop()));
    });

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
