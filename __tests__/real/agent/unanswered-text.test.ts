import { afterAll, beforeAll, expect, it } from 'vitest';
import { nextMessage } from './script.js';
import { PREPARE_TIMEOUT_MS, type Stage, startStage } from './stage.js';
import { TRANSPORTS, User } from './user.js';

const SENTENCE = 'I cannot answer right now. Please try again in a few minutes.';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ settings: { ELIZANET_UNANSWERED_TEXT: SENTENCE } });
}, PREPARE_TIMEOUT_MS);

afterAll(() => stage?.stop());

it.each(TRANSPORTS)('an agent says the sentence to its user over %s when no provider answers', async (transport) => {
  const { agent, openAi, elizaNet } = stage;
  const user = await User.arrive(agent, transport);
  openAi.fault = { kind: 'status', status: 401 };
  elizaNet.fault = { kind: 'status', status: 401 };
  const reply = await user.say(nextMessage().content);
  expect(reply).toMatchObject({ answered: true, text: SENTENCE });
  expect(reply.error).toBeUndefined();
  if (transport === 'sse') expect(reply.chunks.join('')).toBe(SENTENCE);
  expect((await agent.state()).unhandled).toEqual([]);
});
