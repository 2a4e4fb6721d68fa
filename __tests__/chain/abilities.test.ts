import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER } from '../../lab/endpoints.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, ELIZANET_ANSWER, type Guarded, primary, statusError } from '../../lab/guarded.js';
import type { StandIn } from '../../lab/stand-in/server.js';
import { getLastAttempts, PROVIDER_NAME } from '../../src/index.js';

let agent: Guarded;
const SECOND = `${PROVIDER_NAME}-2`;
const prompt = 'Who can?';
const down = primary({
  TEXT_SMALL: () => Promise.reject(statusError(503)),
  OBJECT_SMALL: () => Promise.reject(statusError(503)),
  IMAGE_DESCRIPTION: () => Promise.reject(statusError(503)),
});
const group = (model_group: string, more: object = {}) => ({ model_group, mode: 'chat', ...more });
const route = () =>
  getLastAttempts(agent.runtime).map(({ provider, outcome, reason }) => [provider, reason ?? outcome].join(' '));

/** Waits until the endpoints have been asked what they can do, which no call waits for. */
async function learned(...endpoints: StandIn[]): Promise<void> {
  const isAsked = ({ requests }: StandIn) =>
    requests.some(({ path, answeredAt }) => path.includes('/model_group/') && answeredAt);
  for (let turn = 0; turn < 500 && !endpoints.every(isAsked); turn++) await nextTurn();
  for (let turn = 0; turn < 10; turn++) await nextTurn();
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 1));

async function startTwo(options: Parameters<typeof createWithEndpoints>[0]) {
  const two = await createWithEndpoints({ plugins: [down], ...options });
  agent = two;
  await two.runtime.useModel('TEXT_SMALL', { prompt });
  await learned(two.elizaNet, two.second);
  return two;
}

afterEach(() => agent?.stop());

describe('a call that an endpoint cannot serve', () => {
  it('does not skip OpenRouter for a variant of a model that it lists', async () => {
    const two = await startTwo({
      elizaNet: { models: ['openai/gpt-4o'] },
      second: { models: ['llama3.2'] },
      settings: {
        ELIZANET_SMALL_MODEL: 'openai/gpt-4o:nitro',
        ELIZANET_2_SMALL_MODEL: 'llama3.2',
      },
    });
    expect(await two.runtime.useModel('TEXT_SMALL', { prompt: 'again' })).toBe(ELIZANET_ANSWER);
    expect(route().join()).not.toContain('no model');
  });

  it('skips an endpoint that does not list the model', async () => {
    const { runtime } = await startTwo({
      elizaNet: { models: ['other'] },
      second: { models: ['gpt-4o-mini'] },
      settings: { ELIZANET_FAILURE_THRESHOLD: 9 },
    });
    // The model has answered a first call, which says more than a list.
    expect(route()).toEqual(['primary failed', `${PROVIDER_NAME} answered`]);
    await runtime.useModel('IMAGE_DESCRIPTION', { imageUrl: 'data:image/png;base64,iVBORw0KGgo=' });
    expect(route()).toEqual(['primary failed', `${PROVIDER_NAME} answered`]);
  });

  it('skips one whose list lacks the model and that has not served it', async () => {
    const { runtime, second } = await startTwo({
      elizaNet: { models: ['gpt-4o-mini'] },
      second: { models: ['gpt-4o', 'gpt-4o-mini'] },
      plugins: [primary({ TEXT_LARGE: () => Promise.reject(statusError(503)) })],
    });
    expect(await runtime.useModel('TEXT_LARGE', { prompt })).toBe(SECOND_ANSWER);
    expect(route()).toEqual(['primary failed', `${PROVIDER_NAME} no model gpt-4o`, `${SECOND} answered`]);
    expect(second.calls).toHaveLength(1);
  });

  it.each([
    ['supports_vision', false, 'no vision'],
    ['supported_openai_params', ['temperature'], 'no response schema'],
  ])('skips one whose LiteLLM says so, where another one is known to serve it: %s', async (field, value, reason) => {
    const able = { supports_vision: true, supported_openai_params: ['response_format'] };
    const { runtime } = await startTwo({
      elizaNet: { groups: [group('gpt-4o-mini', { [field]: value })] },
      second: { groups: [group('gpt-4o-mini', able)], object: { by: 'second' } },
    });
    if (field === 'supports_vision') {
      await runtime.useModel('IMAGE_DESCRIPTION', { imageUrl: 'data:image/png;base64,iVBORw0KGgo=' });
    } else await runtime.useModel('OBJECT_SMALL', { prompt, schema: { type: 'object', properties: {} } });
    expect(route()).toEqual(['primary failed', `${PROVIDER_NAME} ${reason}`, `${SECOND} answered`]);
  });

  it('is asked of it all the same where no other is known to be better', async () => {
    const { runtime, elizaNet } = await startTwo({
      elizaNet: { groups: [group('gpt-4o-mini', { supports_vision: false })] },
    });
    const before = elizaNet.calls.length;
    await runtime.useModel('IMAGE_DESCRIPTION', { imageUrl: 'data:image/png;base64,iVBORw0KGgo=' });
    expect(elizaNet.calls.length).toBe(before + 1);
    expect(route()).toEqual(['primary failed', `${PROVIDER_NAME} answered`]);
  });

  it('is asked of it last when the better one fails', async () => {
    const { runtime, second } = await startTwo({
      elizaNet: { groups: [group('gpt-4o-mini', { supports_vision: false })] },
      second: { groups: [group('gpt-4o-mini', { supports_vision: true })] },
    });
    second.fault = { kind: 'status', status: 500 };
    await runtime.useModel('IMAGE_DESCRIPTION', { imageUrl: 'data:image/png;base64,iVBORw0KGgo=' });
    expect(route()).toEqual([
      'primary failed',
      `${PROVIDER_NAME} no vision`,
      `${SECOND} failed`,
      `${PROVIDER_NAME} answered`,
    ]);
  });

  it('is learned from a refusal, and forgotten after a while', async () => {
    const clock = fakeClock();
    const { runtime, elizaNet } = await startTwo({ options: { clock } });
    const body = JSON.stringify({ error: { message: 'This model does not support image input.' } });
    elizaNet.fault = ({ body: { messages } }) =>
      JSON.stringify(messages ?? '').includes('image_url') ? { kind: 'status', status: 400, body } : { kind: 'none' };
    const describeImage = () =>
      runtime.useModel('IMAGE_DESCRIPTION', { imageUrl: 'data:image/png;base64,iVBORw0KGgo=' });
    await describeImage();
    expect(route()).toEqual(['primary failed', `${PROVIDER_NAME} failed`, `${SECOND} answered`]);
    await describeImage();
    expect(route()).toEqual(['primary failed', `${PROVIDER_NAME} no vision`, `${SECOND} answered`]);
    clock.advance(11 * 60_000);
    await describeImage();
    expect(route()).toContain(`${PROVIDER_NAME} failed`);
  });

  it('is not learned from words of the prompt that a refusal quotes', async () => {
    const { runtime, elizaNet } = await startTwo({});
    const words = 'images, vision and tools are what I would like to talk about';
    elizaNet.fault = () => ({
      kind: 'status',
      status: 400,
      body: JSON.stringify({ error: { message: `Bad request: ${words}` } }),
    });
    const attachments = [{ mediaType: 'image/png', data: 'iVBORw0KGgo=' }];
    const ask = () => runtime.useModel('TEXT_SMALL', { prompt: words, attachments } as never);
    await ask();
    await ask();
    expect(route()).toContain(`${PROVIDER_NAME} failed`);
  });
});

describe('a long prompt', () => {
  const long = 'word '.repeat(2_000);

  it('skips an endpoint with a smaller window, by the count of its tokens', async () => {
    const { runtime, elizaNet } = await startTwo({
      elizaNet: {
        groups: [group('gpt-4o-mini', { max_input_tokens: 1_000 }), group('gpt-4o', { max_input_tokens: 1_000 })],
      },
      second: { groups: [group('gpt-4o-mini', { max_input_tokens: 100_000 })] },
    });
    const before = elizaNet.calls.length;
    expect(await runtime.useModel('TEXT_SMALL', { prompt: long })).toBe(SECOND_ANSWER);
    expect(elizaNet.calls.length).toBe(before);
    expect(route()[1]).toMatch(/^elizanet-fallback prompt of 200\d tokens, window of 1000$/);
  });

  it('goes to the large model of the same endpoint where that has a larger window', async () => {
    agent = await createGuarded({
      plugins: [down],
      elizaNet: {
        models: ['gpt-4o', 'gpt-4o-mini'],
        groups: [group('gpt-4o-mini', { max_input_tokens: 1_000 }), group('gpt-4o', { max_input_tokens: 9_000 })],
      },
      settings: { ELIZANET_MAX_COST_PER_DAY: 1 },
    });
    await agent.runtime.useModel('TEXT_SMALL', { prompt });
    await learned(agent.elizaNet);
    expect(await agent.runtime.useModel('TEXT_SMALL', { prompt: long })).toBe(ELIZANET_ANSWER);
    expect(agent.elizaNet.calls.map(({ body }) => body.model)).toEqual(['gpt-4o-mini', 'gpt-4o']);
  });

  it('of a primary fails over where the next target is known to take it, and is its own error elsewhere', async () => {
    const tooLong = statusError(400, "This model's maximum context length is 1000 tokens (context_length_exceeded)");
    const small = primary({
      TEXT_SMALL: ({ prompt }) => Promise.reject(String(prompt).length > 1_000 ? tooLong : statusError(503)),
    });
    const window = 3_000;
    const { runtime } = await startTwo({
      plugins: [small],
      settings: { ELIZANET_FAILURE_THRESHOLD: 9 },
      elizaNet: {
        groups: [group('gpt-4o-mini', { max_input_tokens: window }), group('gpt-4o', { max_input_tokens: window })],
      },
      second: {
        groups: [group('gpt-4o-mini', { max_input_tokens: window }), group('gpt-4o', { max_input_tokens: window })],
      },
    });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: long })).toBe(ELIZANET_ANSWER);
    await expect(runtime.useModel('TEXT_SMALL', { prompt: long.repeat(4) })).rejects.toBe(tooLong);
  });
});

describe('knowledge of what endpoints can serve', () => {
  it('is asked in the background, once in ten minutes, and no call waits for it', async () => {
    const clock = fakeClock();
    const two = await startTwo({ options: { clock } });
    const asked = () => two.second.requests.filter(({ path }) => path === '/v1/models').length;
    await two.runtime.useModel('TEXT_SMALL', { prompt });
    expect(asked()).toBe(1);
    two.second.fault = ({ path }) => (path === '/v1/models' ? { kind: 'hang' } : { kind: 'none' });
    clock.advance(11 * 60_000);
    expect(await two.runtime.useModel('TEXT_SMALL', { prompt })).toBe(ELIZANET_ANSWER);
  });

  it('is not asked by an agent with one endpoint', async () => {
    agent = await createGuarded({ plugins: [down] });
    await agent.runtime.useModel('TEXT_SMALL', { prompt });
    expect(agent.elizaNet.requests.map(({ path }) => path)).toEqual(['/v1/chat/completions']);
  });
});
