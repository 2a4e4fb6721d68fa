import { afterEach, expect, it } from 'vitest';
import { refusal } from '../../../lab/chat-replies.js';
import { createGuarded, type Guarded } from '../../../lab/guarded.js';
import type { Fault } from '../../../lab/stand-in/fault.js';

let guarded: Guarded;

afterEach(() => guarded.stop());

async function failing(fault: Fault, params: object = {}) {
  guarded = await createGuarded({ plugins: [] });
  guarded.elizaNet.fault = fault;
  const call = guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...params } as never);
  return call.then(
    () => expect.fail('answered'),
    (error: { kind: string }) => error.kind,
  );
}

/** Whether another type is still asked after a failure of TEXT_LARGE. */
const serves = async (type: 'TEXT_EMBEDDING' | 'TEXT_SMALL' | 'TEXT_LARGE') => {
  guarded.elizaNet.fault = { kind: 'none' };
  const before = guarded.elizaNet.calls.length;
  await guarded.runtime
    .useModel(type, (type === 'TEXT_EMBEDDING' ? { text: 'hi' } : { prompt: 'hi' }) as never)
    .catch(() => {});
  return guarded.elizaNet.calls.length > before;
};

const IMAGE = 'http://img.example.com/insufficient_quota.png';
const LITELLM = 'litellm.BadRequestError: OpenAIException - ';

it.each([
  `${LITELLM}Unable to fetch image from URL. url=${IMAGE}`,
  `${LITELLM}Error: 404 Client Error: Not Found for url: ${IMAGE}`,
  `${LITELLM}Invalid image: You exceeded your current quota, please check your plan`,
])('a 400 that quotes the request stays a request: %s', async (message) => {
  const prompt = `See ${IMAGE}: You exceeded your current quota, please check your plan`;
  expect(await failing(refusal(message), { prompt })).toBe('request');
  expect(await serves('TEXT_LARGE')).toBe(true);
});

const PER_MINUTE = {
  error: {
    status: 'RESOURCE_EXHAUSTED',
    code: 429,
    message: 'You exceeded your current quota, please check your plan. Please retry in 34.9s',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }],
  },
};

it.each([
  ['as it is', JSON.stringify(PER_MINUTE)],
  [
    'in the words of LiteLLM',
    JSON.stringify({
      error: {
        message: `litellm.RateLimitError: VertexAIException - ${JSON.stringify(PER_MINUTE)}`,
        type: 'throttling_error',
        param: null,
        code: '429',
      },
    }),
  ],
])('a limit for each minute is a rate limit, %s', async (_, body) => {
  expect(await failing({ kind: 'status', status: 429, body })).toBe('rate_limit');
  expect(await serves('TEXT_EMBEDDING')).toBe(true);
});

it('an account of an upstream that is empty closes only the type that it serves', async () => {
  const message = 'litellm.RateLimitError: OpenAIException - You exceeded your current quota, please check your plan';
  const body = JSON.stringify({ error: { message, type: 'throttling_error', param: null, code: '429' } });
  expect(await failing({ kind: 'status', status: 429, body })).toBe('quota');
  expect(await serves('TEXT_SMALL')).toBe(true);
  expect(await serves('TEXT_EMBEDDING')).toBe(true);
});
