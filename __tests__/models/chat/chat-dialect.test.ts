import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { refusal, refusing } from '../../../lab/chat-replies.js';
import { fakeClock } from '../../../lab/fake-clock.js';
import { collector, createGuarded, ELIZANET_ANSWER, type Guarded, type GuardedOptions } from '../../../lab/guarded.js';
import { logLines } from '../../../lab/log-lines.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import { UpstreamStatusError } from '../../../src/index.js';

/** OpenAI's own words. */
const MAX_TOKENS =
  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
const TEMPERATURE =
  "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.";
const SAMPLING = {
  maxTokens: 50,
  temperature: 0.2,
  topP: 0.9,
  frequencyPenalty: 0.1,
  presencePenalty: 0.1,
  seed: 7,
  stopSequences: ['END'],
};

let guarded: Guarded;

afterEach(() => guarded.stop());

async function start(fault: StandIn['fault'], options: GuardedOptions = {}) {
  guarded = await createGuarded({ plugins: [], ...options });
  guarded.elizaNet.fault = fault;
  return guarded.runtime;
}

const ask = (params: Record<string, unknown> = SAMPLING, type: 'TEXT_LARGE' | 'TEXT_SMALL' = 'TEXT_LARGE') =>
  guarded.runtime.useModel(type, { prompt: 'hi', user: '', ...params });
const sentFields = () =>
  guarded.elizaNet.calls.map(({ body }) => Object.keys(body).filter((key) => key !== 'model' && key !== 'messages'));

describe('a model that refuses fields', () => {
  it('is asked without them in the same call, one refusal after the other, and at once from then on', async () => {
    await start(refusing({ max_tokens: MAX_TOKENS, temperature: TEMPERATURE }));
    expect(await ask({ maxTokens: 50, temperature: 0.2, seed: 7 })).toBe(ELIZANET_ANSWER);
    expect(await ask({ maxTokens: 60, temperature: 0.2, seed: 7 })).toBe(ELIZANET_ANSWER);
    expect(sentFields()).toEqual([
      ['max_tokens', 'temperature', 'seed'],
      ['temperature', 'seed', 'max_completion_tokens'],
      ['seed', 'max_completion_tokens'],
      ['seed', 'max_completion_tokens'],
    ]);
    expect(guarded.elizaNet.calls.map(({ body }) => body.max_completion_tokens)).toEqual([undefined, 50, 50, 60]);
  });

  it('is asked without xAI\'s "presencePenalty"', async () => {
    await start(refusing({ presence_penalty: 'Argument not supported on this model: presencePenalty' }));
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(sentFields().at(-1)).not.toContain('presence_penalty');
  });

  it('is streamed without them too, and what was learnt there holds for plain calls', async () => {
    const runtime = await start(
      refusing({
        max_tokens: MAX_TOKENS,
        stream_options: 'Unrecognized request argument supplied: stream_options',
      }),
    );
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', maxTokens: 50, onStreamChunk })).toBe(ELIZANET_ANSWER);
    expect(chunks.join('')).toBe(ELIZANET_ANSWER);
    await ask({ maxTokens: 50 });
    expect(guarded.elizaNet.calls).toHaveLength(4);
    expect(sentFields().at(-1)).toEqual(['max_completion_tokens']);
  });

  it.each([
    ['a plain call', {}],
    ['a stream', { stream: true }],
  ])('shares the time limit of the call with the requests after it: %s', async (_, more) => {
    const clock = fakeClock();
    await start(
      () => {
        clock.advance(20_000);
        return refusal(MAX_TOKENS);
      },
      { settings: { ELIZANET_TIMEOUT: 30_000 }, options: { clock } },
    );
    await expect(ask({ maxTokens: 50, ...more })).rejects.toMatchObject({ kind: 'timeout' });
    expect(guarded.elizaNet.calls).toHaveLength(2);
  });

  it.each([
    ['OpenAI', "Unsupported parameter: 'top_p' is not supported with this model.", ['top_p']],
    ['a server built on pydantic', '[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]', ['seed']],
    ['an older server', 'Unrecognized request argument supplied: stop', ['stop']],
    ['Claude', '`temperature` and `top_p` cannot both be specified for this model. Please use only one.', ['top_p']],
  ])('is understood in the words of %s', async (_, words, fields) => {
    await start(({ body }) => (fields.some((field) => body[field] !== undefined) ? refusal(words) : { kind: 'none' }));
    expect(await ask()).toBe(ELIZANET_ANSWER);
    const [first, second] = sentFields();
    expect(second).toEqual(first?.filter((field) => !fields.includes(field)));
    expect(guarded.elizaNet.calls).toHaveLength(2);
  });

  it.each([
    ['temperature', ['temperature']],
    ['params', ['top_p', 'stop', 'presence_penalty']],
  ])('is understood when LiteLLM refuses %s by itself', async (name, fields) => {
    const file = new URL(`../../fixtures/litellm/error-unsupported-${name}.json`, import.meta.url);
    const { status, body: reply } = JSON.parse(await readFile(file, 'utf8'));
    await start(({ body }) =>
      fields.some((field) => body[field] !== undefined)
        ? { kind: 'status', status, body: JSON.stringify(reply) }
        : { kind: 'none' },
    );
    expect(await ask()).toBe(ELIZANET_ANSWER);
    const [first, second] = sentFields();
    expect(second).toEqual(first?.filter((field) => !fields.includes(field)));
  });

  it('gets its system prompt as a user message when it refuses that', async () => {
    const words = "Unsupported value: 'messages[0].role' does not support 'system' with this model.";
    const hasSystem = (body: Record<string, unknown>) => JSON.stringify(body.messages).includes('"system"');
    await start(({ body }) => (hasSystem(body) ? refusal(words) : { kind: 'none' }), { system: 'You are a pirate.' });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(guarded.elizaNet.calls.at(-1)?.body.messages).toEqual([
      { role: 'user', content: 'You are a pirate.' },
      { role: 'user', content: 'hi' },
    ]);
  });

  it('is remembered apart from other models', async () => {
    await start((request) =>
      request.body.model === 'gpt-4o' ? refusing({ temperature: TEMPERATURE })(request) : { kind: 'none' },
    );
    await ask({ temperature: 0.2 });
    await ask({ temperature: 0.2 }, 'TEXT_SMALL');
    expect(guarded.elizaNet.calls.at(-1)?.body).toMatchObject({ model: 'gpt-4o-mini', temperature: 0.2 });
  });

  it('is named in the log once, however many calls find out at the same time', async () => {
    const runtime = await start(refusing({ temperature: TEMPERATURE }));
    const lines = logLines(runtime);
    await Promise.all([ask(), ask(), ask()]);
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      '[ElizaNet] gpt-4o does not support temperature: omitted from further requests',
    ]);
  });

  it('does not count as a failure', async () => {
    await start(refusing({ temperature: TEMPERATURE }), { settings: { ELIZANET_FAILURE_THRESHOLD: 1 } });
    await ask();
    expect(guarded.events.map(({ name }) => name)).toEqual(['MODEL_USED']);
  });
});

describe("a refusal that quotes the user's words", () => {
  const PROMPT = "Is it true that 'temperature' and the system role are not supported with this model?";
  const quoting = (prompt: string) => `Invalid image in message. Received Messages=[{'content': '${prompt}'}]`;

  it.each([
    ['a long one', PROMPT],
    ['a short one', 'system role, temperature: not supported'],
    ['a part of one', PROMPT.slice(0, 70)],
  ])('is the error it is, and the model is asked as before: %s', async (_, quoted) => {
    const system = 'You are a pirate.';
    await start(refusal(quoting(quoted)), { system });
    const prompt = quoted.length < 60 ? quoted : PROMPT;
    const error = await ask({ temperature: 0.2, prompt }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UpstreamStatusError);
    expect(guarded.elizaNet.calls).toHaveLength(1);
    guarded.elizaNet.fault = { kind: 'none' };
    await ask({ temperature: 0.2 });
    expect(guarded.elizaNet.calls.at(-1)?.body).toMatchObject({
      temperature: 0.2,
      messages: [{ role: 'system', content: system }, { role: 'user' }],
    });
  });

  it('and of which that is not known is not remembered: without the field it comes again', async () => {
    await start(refusal("The thermostat's 'temperature' is not supported."), { system: 'You are a pirate.' });
    await ask({ temperature: 0.2 }).catch(() => {});
    guarded.elizaNet.fault = { kind: 'none' };
    await ask({ temperature: 0.2 });
    expect(guarded.elizaNet.calls.map(({ body }) => body.temperature)).toEqual([0.2, undefined, 0.2]);
  });

  it('and refuses a field in words of its own is understood', async () => {
    const words = `${TEMPERATURE} Received Messages=[{'content': '${PROMPT}'}]`;
    await start(refusing({ temperature: words }), { system: 'You are a pirate.' });
    expect(await ask({ temperature: 0.2, prompt: PROMPT })).toBe(ELIZANET_ANSWER);
    expect(guarded.elizaNet.calls.at(-1)?.body).toMatchObject({ messages: [{ role: 'system' }, { role: 'user' }] });
  });
});

describe('any other refusal', () => {
  it.each([
    ['a value out of range', "Invalid 'temperature': decimal above maximum value. Expected a value <= 2."],
    [
      'a limit that is too high',
      'max_tokens is too large: 50000. This model supports at most 16384 completion tokens.',
    ],
    ['a field that was not sent', "Unsupported parameter: 'logit_bias' is not supported with this model."],
    ['a word of everyday language', 'This user is not supported, please stop.'],
    ['a context that is too long', "maximum context length exceeded, 'max_tokens' is not supported here"],
  ])('is the error it is: %s', async (_, words) => {
    await start(refusal(words));
    const error = await ask().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UpstreamStatusError);
    expect(error).toMatchObject({ statusCode: 400 });
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });

  it('with another status is no refusal of a field', async () => {
    const body = JSON.stringify({ error: { message: TEMPERATURE } });
    await start({ kind: 'status', status: 500, body });
    await ask().catch(() => {});
    expect(guarded.elizaNet.calls.every(({ body }) => body.temperature === 0.2)).toBe(true);
  });

  it('that names one field after the other ends all the same', async () => {
    const NAMES = ['max_tokens', 'temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'seed', 'stop'];
    await start(({ body }) => {
      const name = NAMES.find((field) => body[field] !== undefined) ?? 'messages';
      return refusal(`Unsupported parameter: '${name}' is not supported with this model.`);
    });
    expect(await ask().catch((thrown) => thrown)).toBeInstanceOf(UpstreamStatusError);
    expect(guarded.elizaNet.calls.length).toBeLessThanOrEqual(7);
  });
});
