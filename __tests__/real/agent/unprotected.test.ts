import { expect, it } from 'vitest';
import { startStandIn } from '../../../lab/stand-in/server.js';
import { type Engine, startAgentServer } from './agent-server.js';
import { answerOf, nextMessage, speakAs } from './script.js';
import { useProject } from './stage.js';
import { summarise } from './summary.js';
import { TRANSPORTS, User } from './user.js';

/** Longer than plugin-openai's retries. Over SSE core then starts over, and the user would keep waiting. */
const PATIENCE_MS = 9_000;

const project = useProject({ withPlugin: false });

it.concurrent.each<Engine>(['Node', 'Bun'])(
  'without the plugin, an agent under %s does not answer in an outage',
  { timeout: 180_000 },
  async (engine) => {
    const openAi = await startStandIn({ text: speakAs('openai') });
    const settings = { OPENAI_BASE_URL: `${openAi.url}/v1`, OPENAI_API_KEY: 'sk-primary' };
    const agent = await startAgentServer({ engine, project: project(), isProtected: false, settings });
    try {
      const users = await Promise.all(TRANSPORTS.map((transport) => User.arrive(agent, transport)));
      const { mark, content } = nextMessage();
      const [healthy] = await Promise.all(users.map((user) => user.say(content)));
      expect(healthy?.text).toBe(answerOf('openai', mark));

      openAi.fault = { kind: 'status', status: 429 };
      const replies = await Promise.all(users.map((user) => user.say(nextMessage().content, PATIENCE_MS)));
      summarise({ engine, transport: 'both', phase: '429, without the plugin', by: 'none' }, replies);
      expect(replies.map(({ text, chunks }) => text + chunks.join(''))).toEqual(['', '']);
      // From the failed stream. AgentServer listens for them; they end a process that does not.
      expect((await agent.state()).unhandled.length).toBeGreaterThan(0);
    } finally {
      await agent.stop();
      await openAi.close();
    }
  },
);
