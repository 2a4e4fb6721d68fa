import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../../lab/fake-clock.js';
import { createGuarded, type Guarded, type GuardedOptions, primary, statusError } from '../../../lab/guarded.js';
import { logLines } from '../../../lab/log-lines.js';
import type { Fault } from '../../../lab/stand-in/fault.js';

let guarded: Guarded;
const start = async (options: GuardedOptions = {}) => {
  guarded = await createGuarded(options);
  return guarded.runtime;
};

afterEach(() => guarded.stop());

const answered = (body: object): Fault => ({ kind: 'status', status: 200, body: JSON.stringify(body) });
const failed = (status: number, message: string): Fault => ({
  kind: 'status',
  status,
  body: JSON.stringify({ error: { message, type: null, param: null, code: String(status) } }),
});
const REFUSAL = failed(
  400,
  'litellm.BadRequestError: OpenAIException - Your request was rejected as a result of our safety system.',
);
const bodies = () => guarded.elizaNet.calls.map(({ body }) => body);
const image = (runtime: Guarded['runtime'], params: object) =>
  runtime.useModel('IMAGE', { prompt: 'A lighthouse', ...params });

describe('an image of ElizaNet', () => {
  it('is asked for with what the caller wants, and nothing else of it', async () => {
    const runtime = await start();
    await image(runtime, { size: '1792x1024', quality: 'hd', style: 'natural', mock_response: 'x', user: 'u' });
    const expected = { model: 'dall-e-3', prompt: 'A lighthouse', n: 1, size: '1792x1024', quality: 'hd' };
    expect(bodies()).toEqual([{ ...expected, style: 'natural' }]);
  });

  it('keeps its address and the prompt that the model worked from', async () => {
    const runtime = await start();
    const entry = { url: 'https://images.example/1.png', b64_json: null, revised_prompt: 'A tall lighthouse' };
    guarded.elizaNet.fault = answered({ data: [entry] });
    expect(await image(runtime, {})).toEqual([
      { url: 'https://images.example/1.png', revised_prompt: 'A tall lighthouse' },
    ]);
  });

  it.each([
    ['image/png', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
    ['image/jpeg', '\xff\xd8\xff\xe0\0\x10JFIF'],
    ['image/webp', 'RIFF\x24\0\0\0WEBPVP8 '],
    ['image/png', 'something unknown'],
  ])('that comes inline is a data URL of %s', async (mime, start_) => {
    const runtime = await start();
    const b64_json = Buffer.from(start_, 'latin1').toString('base64');
    guarded.elizaNet.fault = answered({ data: [{ url: null, b64_json }] });
    expect(await image(runtime, {})).toEqual([{ url: `data:${mime};base64,${b64_json}` }]);
  });

  it('tells core what it cost, when the model counts tokens', async () => {
    const runtime = await start();
    const usage = { input_tokens: 5, output_tokens: 4160, total_tokens: 4165 };
    guarded.elizaNet.fault = answered({ data: [{ url: 'https://images.example/1.png' }], usage });
    await image(runtime, {});
    const used = guarded.events.find(({ name }) => name === 'MODEL_USED');
    expect(used?.payload).toMatchObject({ type: 'IMAGE', tokens: { prompt: 5, completion: 4160, total: 4165 } });
  });

  it('tells core what it cost in all, when several requests made the images', async () => {
    const runtime = await start();
    const usages = [
      { input_tokens: 5, output_tokens: 100, total_tokens: 105 },
      undefined,
      { input_tokens: 6, output_tokens: 200, total_tokens: 206 },
    ];
    guarded.elizaNet.fault = () => answered({ data: [{ url: 'https://images.example/1.png' }], usage: usages.pop() });
    await image(runtime, { count: 3 });
    const used = guarded.events.filter(({ name }) => name === 'MODEL_USED');
    expect(used).toMatchObject([{ payload: { type: 'IMAGE', tokens: { prompt: 11, completion: 300, total: 311 } } }]);
  });

  it.each([{ data: [] }, { data: [{ url: null, b64_json: null }] }, { images: [] }, {}])('is not %j', async (body) => {
    const runtime = await start();
    guarded.elizaNet.fault = answered(body);
    await expect(image(runtime, {})).rejects.toMatchObject({ name: 'InvalidResponseError' });
  });

  it.each([[{ prompt: 7 }], [{ prompt: undefined }], [{ count: 11 }], [{ size: 'big' }]])(
    'is not asked for with %j',
    async (params) => {
      const runtime = await start();
      await expect(image(runtime, params)).rejects.toMatchObject({ name: 'InvalidInputError', kind: 'request' });
      expect(guarded.elizaNet.calls).toHaveLength(0);
    },
  );
});

describe('an option that the model refuses', () => {
  const OPTIONS = { size: '512x512', quality: 'superb', style: 'baroque' };
  const settings = { ELIZANET_IMAGE_MODEL: 'grok-2-image' };
  /** Refuses fields by their names, one at a time, in the words of an upstream. */
  const refusing = (words: (field: string) => string, ...fields: string[]) => {
    guarded.elizaNet.fault = ({ body }) => {
      const field = fields.find((name) => body[name] !== undefined);
      return field ? failed(400, words(field)) : { kind: 'none' };
    };
  };

  it.each([
    ['xAI', (field: string) => `Argument not supported: ${field}`],
    ['OpenAI', (field: string) => `Unknown parameter: '${field}'.`],
    [
      'LiteLLM',
      (field: string) =>
        `litellm.UnsupportedParamsError: Setting \`${field}\` is not supported by openai, grok-2-image. To drop it from the call, set \`litellm.drop_params = True\`.`,
    ],
    [
      'LiteLLM, of an upstream',
      (field: string) =>
        `litellm.BadRequestError: XaiException - Argument not supported: ${field}. Received Model Group=size-quality-style`,
    ],
    [
      'pydantic',
      (field: string) =>
        `[{"type":"extra_forbidden","loc":["body","${field}"],"msg":"Extra inputs are not permitted"}]`,
    ],
    ['an older server', (field: string) => `Unrecognized request argument supplied: ${field}`],
  ])('is left out, and not sent again to that model, in the words of %s', async (_, words) => {
    const runtime = await start({ settings });
    refusing(words, 'size', 'quality');
    expect(await image(runtime, OPTIONS)).toHaveLength(1);
    expect(await image(runtime, OPTIONS)).toHaveLength(1);
    const rest = { model: 'grok-2-image', prompt: 'A lighthouse', n: 1, style: 'baroque' };
    expect(bodies()).toEqual([
      { ...rest, size: '512x512', quality: 'superb' },
      { ...rest, quality: 'superb' },
      rest,
      rest,
    ]);
  });

  it('is named in the log once', async () => {
    const runtime = await start({ settings });
    const lines = logLines(runtime);
    refusing((field) => `Argument not supported: ${field}`, 'size');
    await image(runtime, OPTIONS);
    await image(runtime, OPTIONS);
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      '[ElizaNet] grok-2-image does not support size: omitted from further requests',
    ]);
  });

  it('for its value is left out for that value', async () => {
    const runtime = await start({ settings });
    guarded.elizaNet.fault = ({ body }) =>
      body.size === '512x512'
        ? failed(400, "Invalid value: '512x512'. Supported values are: '1024x1024' and 'auto'.")
        : { kind: 'none' };
    await image(runtime, { size: '512x512' });
    await image(runtime, { size: '512x512' });
    await image(runtime, { size: '1024x1024' });
    expect(bodies().map(({ size }) => size)).toEqual(['512x512', undefined, undefined, '1024x1024']);
  });

  it.each([
    ['xAI', 'Argument not supported: n'],
    ['OpenAI', "Invalid value: '3'. You must provide n=1 for this model."],
  ])('is the count: the images are generated one by one (%s)', async (_, words) => {
    const runtime = await start({ settings });
    guarded.elizaNet.fault = ({ body }) => (body.n === undefined ? { kind: 'none' } : failed(400, words));
    expect(await image(runtime, { count: 3 })).toHaveLength(3);
    expect(bodies().map(({ n }) => n)).toEqual([3, undefined, undefined, undefined]);
    expect(await image(runtime, { count: 2 })).toHaveLength(2);
    expect(
      bodies()
        .slice(4)
        .map(({ n }) => n),
    ).toEqual([undefined, undefined]);
  });

  it.each([2, true, ['hd'], { level: 2 }])('may have a value that is no string: %j', async (quality) => {
    const runtime = await start({ settings });
    refusing((field) => `Argument not supported: ${field}`, 'style');
    expect(await image(runtime, { quality, style: 7 })).toHaveLength(1);
    expect(bodies()).toMatchObject([{ quality, style: 7 }, { quality }]);
    expect(bodies()[1]).not.toHaveProperty('style');
  });

  it('is not one that the prompt speaks of', async () => {
    const runtime = await start({ settings });
    const prompt = 'The words "size and style not supported" on a wall';
    guarded.elizaNet.fault = failed(400, `Cannot draw '${prompt}'`);
    await expect(image(runtime, { ...OPTIONS, prompt })).rejects.toMatchObject({ statusCode: 400 });
    guarded.elizaNet.fault = { kind: 'none' };
    await image(runtime, OPTIONS);
    expect(bodies()).toHaveLength(2);
    expect(bodies()[1]).toMatchObject(OPTIONS);
  });

  it('shares the time limit of the call with the requests after it', async () => {
    const clock = fakeClock();
    const runtime = await start({ settings: { ...settings, ELIZANET_MEDIA_TIMEOUT: 30_000 }, options: { clock } });
    guarded.elizaNet.fault = () => {
      clock.advance(20_000);
      return failed(400, 'Argument not supported: size');
    };
    await expect(image(runtime, { size: '512x512' })).rejects.toMatchObject({ kind: 'timeout' });
    expect(guarded.elizaNet.calls.map(({ headers }) => headers['x-litellm-timeout'])).toEqual(['30', '10']);
  });
});

describe('several images', () => {
  it('that are made one by one after a refusal share the time limit of the call', async () => {
    const clock = fakeClock();
    const runtime = await start({
      settings: { ELIZANET_IMAGE_MODEL: 'grok-2-image', ELIZANET_MEDIA_TIMEOUT: 30_000 },
      options: { clock },
    });
    guarded.elizaNet.fault = ({ body }) => {
      // The refused request, and the first one without a count.
      if (guarded.elizaNet.calls.length <= 2) clock.advance(10_000);
      return body.n === undefined ? { kind: 'none' } : failed(400, 'Argument not supported: n');
    };
    expect(await image(runtime, { count: 3 })).toHaveLength(3);
    const limits = guarded.elizaNet.calls.map(({ headers }) => headers['x-litellm-timeout']);
    expect(limits).toEqual(['30', '20', '10', '10']);
  });

  it('of a model that makes one at a time are made by as many requests', async () => {
    const runtime = await start();
    expect(await image(runtime, { count: 3 })).toHaveLength(3);
    expect(bodies().map(({ n }) => n)).toEqual([1, 1, 1]);
  });

  it('of any other model are made by one', async () => {
    const runtime = await start({ settings: { ELIZANET_IMAGE_MODEL: 'dall-e-2' } });
    expect(await image(runtime, { count: 3 })).toHaveLength(3);
    expect(bodies().map(({ n }) => n)).toEqual([3]);
  });

  it('are those that could be made', async () => {
    const runtime = await start();
    let asked = 0;
    guarded.elizaNet.fault = () => (++asked === 2 ? failed(500, 'no') : { kind: 'none' });
    expect(await image(runtime, { count: 3 })).toHaveLength(2);
  });

  it('fail with the first error when none could be made', async () => {
    const runtime = await start();
    guarded.elizaNet.fault = failed(500, 'no');
    await expect(image(runtime, { count: 3 })).rejects.toMatchObject({ statusCode: 500 });
  });
});

describe('a prompt that moderation refuses', () => {
  it('is an error of kind content_policy that does not repeat the prompt', async () => {
    const runtime = await start();
    guarded.elizaNet.fault = REFUSAL;
    const error = await image(runtime, { count: 2 }).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'UpstreamStatusError', kind: 'content_policy', statusCode: 400 });
    expect(error.message).toContain('safety system');
    expect(error.message).not.toContain('lighthouse');
  });

  it('does not count against ElizaNet', async () => {
    const runtime = await start({ settings: { ELIZANET_FAILURE_THRESHOLD: '1' } });
    guarded.elizaNet.fault = REFUSAL;
    await image(runtime, {}).catch(() => {});
    guarded.elizaNet.fault = { kind: 'none' };
    expect(await image(runtime, {})).toHaveLength(1);
  });

  it("is the primary's own error when the primary refuses it", async () => {
    const refusal = Object.assign(statusError(400), { code: 'content_policy_violation' });
    const runtime = await start({ plugins: [primary({ IMAGE: () => Promise.reject(refusal) })] });
    expect(await image(runtime, {}).catch((thrown) => thrown)).toBe(refusal);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

it('a failing primary is replaced by ElizaNet, with the size that its model makes', async () => {
  const runtime = await start({ plugins: [primary({ IMAGE: () => Promise.reject(statusError(503)) })] });
  expect(await image(runtime, { size: '1536x1024' })).toHaveLength(1);
  expect(bodies()[0]).toMatchObject({ size: '1792x1024' });
});
