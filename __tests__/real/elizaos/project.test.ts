import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { answerOf, nextMessage, speakAs } from '../agent/script.js';
import { type Transport, User } from '../agent/user.js';
import { createProject, followReadme, type Project, type StartedProject, startProject } from './project.js';

describe('a new ElizaOS project with the plugin added as README says', { timeout: 180_000 }, () => {
  let project: Project;
  let openAi: StandIn;
  let elizaNet: StandIn;
  let agent: StartedProject;
  let command: string;

  beforeAll(async () => {
    openAi = await startStandIn({ text: speakAs('openai') });
    elizaNet = await startStandIn({ text: speakAs('elizanet') });
    project = await createProject();
    const added = await followReadme(project.folder, { url: elizaNet.url, key: 'sk-of-the-project' });
    command = added.command;
    agent = await startProject(project.folder, added.characterFile, {
      OPENAI_API_KEY: 'sk-primary',
      OPENAI_BASE_URL: `${openAi.url}/v1`,
    });
  }, 900_000);

  afterAll(async () => {
    await agent?.stop();
    await openAi?.close();
    await elizaNet?.close();
    await project?.remove();
  });

  async function say(transport: Transport) {
    const { mark, content } = nextMessage();
    const user = await User.arrive(agent, transport);
    return { mark, ...(await user.say(content)) };
  }

  it('was added by one command', () => {
    expect(command).toBe('npm install @elizaos/plugin-elizanet-fallback');
  });

  it('answers by its own provider while that is healthy', async () => {
    const reply = await say('plain');
    expect(reply.text, agent.log().slice(-4_000)).toBe(answerOf('openai', reply.mark));
    expect(elizaNet.calls).toEqual([]);
  });

  it.each<Transport>(['plain', 'sse'])('answers in an outage of its provider, over %s', async (transport) => {
    openAi.fault = { kind: 'status', status: 429, headers: { 'retry-after': '9' } };
    const reply = await say(transport);
    expect(reply.text, agent.log().slice(-4_000)).toBe(answerOf('elizanet', reply.mark));
    // Without failover, plugin-openai retries for 18 s, then fails.
    expect(reply.ms).toBeLessThan(9_000);
    expect(agent.alive).toBe(true);
    expect(elizaNet.calls.every(({ headers }) => headers.authorization === 'Bearer sk-of-the-project')).toBe(true);
  });

  it('logs the outage, and no key', () => {
    expect(agent.log()).toMatch(/openai: 429 \(Retry-After 9 s\); \w+ goes to ElizaNet until \d\d:\d\d:\d\d/);
    expect(agent.log()).not.toContain('sk-of-the-project');
  });
});
