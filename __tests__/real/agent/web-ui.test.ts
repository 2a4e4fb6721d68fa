import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../lab/stand-in/fault.js';
import { CHROMIUM } from '../system-packages.js';
import { answerOf, nextMessage } from './script.js';
import { type Stage, startStage, useProject } from './stage.js';
import { summarise } from './summary.js';
import { type Reply, User } from './user.js';
import { WebUser } from './web-user.js';

/** ElizaOS' own web UI in a real Chromium. It shows "is thinking" and has no usable input until the agent has answered. */

const FIRST_MS = 25_000;
/** ElizaNet's stand-in answers at once; the rest is the time of the server and the browser. */
const LATER_MS = 5_000;
const STALL: Fault = { kind: 'stall', afterChunks: 3 };

const project = useProject();
let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

afterAll(() => browser?.close());

/** With default settings but for the addresses and the switch of the UI. */
async function start(): Promise<Stage & { user: WebUser }> {
  const stage = await startStage({ project: project(), settings: { ELIZA_UI_ENABLE: 'true' } });
  onTestFinished(stage.stop);
  const user = await WebUser.arrive(browser, stage.agent);
  onTestFinished(() => user.leave());
  return { ...stage, user };
}

async function say({ user, agent }: { user: WebUser } & Stage, by: 'openai' | 'elizanet'): Promise<Reply> {
  const { mark, content } = nextMessage();
  const reply = await user.say(content, answerOf(by, mark));
  expect(reply, agent.log()).toMatchObject({ text: answerOf(by, mark), error: undefined });
  return reply;
}

const note = (phase: string, by: string, replies: Reply[]) =>
  summarise({ engine: 'Node', transport: 'web UI', phase, by }, replies);

describe('a person who types in the web UI, with default settings', { timeout: 180_000 }, () => {
  it.each<[string, Fault]>([
    ['never answers', { kind: 'hang' }],
    ['stalls after three chunks of its stream', STALL],
  ])('reads whole answers, and can go on typing, when the primary %s', async (phase, fault) => {
    const stage = await start();
    stage.openAi.fault = fault;
    const replies: Reply[] = [];
    for (let i = 0; i < 3; i++) replies.push(await say(stage, 'elizanet'));
    note(phase, 'elizanet', replies);
    const [first, ...later] = replies.map(({ ms }) => ms);
    expect(first).toBeLessThan(FIRST_MS);
    expect(Math.max(...later)).toBeLessThan(LATER_MS);
  });

  it('reads the whole answer in place of the beginning that a stalled stream has shown', async () => {
    const stage = await start();
    stage.openAi.fault = { kind: 'stall', afterChunks: 12 };
    const { mark, content } = nextMessage();
    const whole = answerOf('elizanet', mark);
    const reply = stage.user.say(content, whole);
    await expect.poll(() => stage.user.answers(), { timeout: 10_000 }).toEqual([expect.stringMatching(/^This is/)]);
    note('stalls after the first words', 'elizanet', [await reply]);
    expect(await reply, stage.agent.log()).toMatchObject({ text: whole, error: undefined });
    expect((await reply).ms).toBeLessThan(FIRST_MS);
  });

  it('reads it sooner when fifty streams did not stall', async () => {
    const stage = await start();
    const { openAi, agent } = stage;
    note('healthy', 'openai', [await say(stage, 'openai')]);
    const other = await User.arrive(agent, 'sse');
    while (openAi.calls.filter(({ body }) => body.stream).length < 50) await other.say(nextMessage().content);
    openAi.fault = STALL;
    const reply = await say(stage, 'elizanet');
    note('stalls after 50 healthy streams', 'elizanet', [reply]);
    expect(reply.ms).toBeLessThan(10_000);
  });
});
