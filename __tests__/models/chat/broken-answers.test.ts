import type { TextStreamResult } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { chatChunk, chatEvents, body as jsonBody } from '../../../lab/chat-replies.js';
import { createGuarded, type Guarded, joined } from '../../../lab/guarded.js';
import type { Fault } from '../../../lab/stand-in/fault.js';

let guarded: Guarded;

afterEach(() => guarded.stop());

async function start(fault: Fault, settings: Record<string, string> = {}) {
  guarded = await createGuarded({ plugins: [], settings });
  guarded.elizaNet.fault = fault;
  return guarded.runtime;
}

const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => ({ value }),
    (error: { kind?: string; statusCode?: number; cause?: { kind?: string } }) => ({
      kind: error.kind,
      cause: error.cause?.kind,
    }),
  );

/** A plain call through the guard. */
const ask = () => outcomeOf(guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' }));

/** A stream read through the guard. */
const stream = () =>
  outcomeOf(
    guarded.runtime
      .useModel('TEXT_LARGE', { prompt: 'hi', stream: true })
      .then((result) => joined((result as unknown as TextStreamResult).textStream)),
  );

const HALF = 'Half an answ';
const completion = (choice: object, rest: object = {}) =>
  jsonBody(
    JSON.stringify({
      ...rest,
      choices: [{ index: 0, message: { role: 'assistant', content: HALF }, finish_reason: 'stop', ...choice }],
    }),
  );
const LIMITED = { message: 'slow down', code: 429 };

describe('half an answer under status 200', () => {
  it.each<[string, Fault, string]>([
    ['a finish reason of OpenRouter, Mistral and vLLM', completion({ finish_reason: 'error' }), 'server'],
    ['DeepSeek', completion({ finish_reason: 'insufficient_system_resource' }), 'server'],
    ['an aborted engine', completion({ finish_reason: 'abort' }), 'server'],
    ['an error beside choices', completion({}, { error: LIMITED }), 'rate_limit'],
    ['an error beside choices without a code', completion({}, { error: { message: 'oh' } }), 'server'],
    ['an error beside choices as a text', completion({}, { error: 'upstream failed' }), 'server'],
    ['an error in the choice', completion({ error: { code: 502, message: 'Provider disconnected' } }), 'server'],
    ['code words', completion({ error: { code: 'insufficient_quota', message: 'm' } }), 'quota'],
    ['LiteLLM', completion({ provider_specific_fields: { error: { code: '429' } } }), 'rate_limit'],
    [
      'LiteLLM, in the message',
      completion({ message: { content: HALF, provider_specific_fields: { error: LIMITED } } }),
      'rate_limit',
    ],
    ['no choices', jsonBody('{"error":{"message":"m","code":"429"}}'), 'rate_limit'],
    ['no key error', jsonBody('{"object":"error","message":"m","code":500}'), 'server'],
    ['FastAPI', jsonBody('{"detail":"Internal error"}'), 'server'],
    ['Google', jsonBody('[{"error":{"code":429,"message":"m"}}]'), 'rate_limit'],
  ])('is a failure of the kind that its code states: %s', async (_, fault, kind) => {
    await start(fault);
    expect(await ask()).toMatchObject({ kind });
  });

  it.each([[null], [''], [false], [{}], [[]]])('is whole when the error beside it is empty: %j', async (error) => {
    await start(completion({ error }, { error }));
    expect(await ask()).toEqual({ value: HALF });
  });
});

const events = (...more: unknown[]) => chatEvents([chatChunk({ content: HALF }), ...more, '[DONE]']);
/** A stream of these bytes after the half. */
const raw = (text: string): Fault => ({
  kind: 'status',
  status: 200,
  contentType: 'text/event-stream',
  body: `data: ${JSON.stringify(chatChunk({ content: HALF }))}\n\n${text}data: [DONE]\n\n`,
});

describe('half a stream that ends with [DONE]', () => {
  it.each<[string, Fault]>([
    ['a finish reason', events(chatChunk({}, 'error'))],
    ['a finish reason with text', events(chatChunk({ content: 'x' }, 'error'))],
    ['an error beside choices', events(chatChunk({ content: '' }, 'error', { error: { code: 'server_error' } }))],
    [
      'an error in the choice',
      events({ model: 'gpt-4o', choices: [{ index: 0, delta: { content: '' }, error: LIMITED }] }),
    ],
    ['an error in the delta', events(chatChunk({ content: 'x', provider_specific_fields: { error: LIMITED } }))],
    [
      'LiteLLM, beside text',
      events({
        model: 'm',
        choices: [{ index: 0, delta: { content: 'x' }, provider_specific_fields: { error: LIMITED } }],
      }),
    ],
    ['vLLM', events({ object: 'error', message: 'm', code: 500 })],
    ['Anthropic', events({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })],
    ['FastAPI', events({ detail: 'Internal error' })],
    ['a bare message', events({ message: 'm' })],
    ['an empty error', events({ error: {} })],
    ['the name of the event', raw('event: error\ndata: {"message":"m"}\n\n')],
    ['the name of the event, with text', raw('event: error\ndata: overloaded\n\n')],
    ['the name of the event in capitals', raw('event: ERROR\ndata: {"m":1}\n\n')],
    ['the name of the event, with [DONE]', raw('event: error\ndata: [DONE]\n\n')],
    ['the name of the event alone', raw('event: error\ndata:\n\n')],
    ['a line of bare JSON', raw('{"error":{"message":"m","code":500}}\n\n')],
    ['a field error', raw('error: overloaded\n\n')],
  ])('is interrupted: %s', async (_, fault) => {
    await start(fault, { ELIZANET_ON_INTERRUPTED: 'throw' });
    expect(await stream()).toMatchObject({ kind: 'interrupted' });
  });

  it('is a failure without the guard, too', async () => {
    const runtime = await start(events(chatChunk({}, 'error')), { ELIZANET_FALLBACK_ON: 'rate_limit' });
    const handler = runtime.getModel('TEXT_LARGE');
    const result = (await handler?.(runtime, { prompt: 'hi', stream: true } as never)) as TextStreamResult;
    expect(await outcomeOf(joined(result.textStream))).toMatchObject({ kind: expect.any(String) });
    expect(await outcomeOf(Promise.resolve(result.text))).not.toHaveProperty('value');
  });
});

const answered = (contentType: string, body: string): Fault => ({ kind: 'status', status: 200, contentType, body });
const sse = (text: string) => answered('text/event-stream', text);
const delta = (content: string) => `data: ${JSON.stringify(chatChunk({ content }))}`;
const WHOLE = `${delta('The ')}\n\n${delta('answer.')}\n\ndata: [DONE]\n\n`;
const one = (choice: object) => JSON.stringify({ choices: [{ index: 0, finish_reason: 'stop', ...choice }] });
const MESSAGE = { role: 'assistant', content: 'The answer.' };

describe('a stream that tolerant clients read', () => {
  it.each<[string, Fault]>([
    [
      'an empty event as heartbeat',
      sse(`data:\n\ndata: \n\n${delta('The ')}\n\ndata:\n\n${delta('answer.')}\n\ndata: [DONE]\n\n`),
    ],
    ['events named ping', sse(`event: ping\ndata: 2026-01-01\n\n${WHOLE}`)],
    ['[DONE] with a space', sse(WHOLE.replace('[DONE]', '[DONE] '))],
    ['no blank line at the end', sse(WHOLE.trimEnd())],
    [
      'no line break after its last text',
      sse(`${delta('The ')}\n\n${delta('answer.')}\n\n${`data: ${one({ delta: {} })}`}`),
    ],
    ['application/json', answered('application/json', WHOLE)],
    ['text/plain', answered('text/plain', WHOLE)],
    ['a byte order mark', sse(`\uFEFF${WHOLE}`)],
    ['a byte order mark under application/json', answered('application/json', `\uFEFF${WHOLE}`)],
    ['CR as line break', sse(WHOLE.replaceAll('\n', '\r'))],
    ['CRLF as line break, no blank line at the end', sse(WHOLE.trimEnd().replaceAll('\n', '\r\n'))],
    ['comments', sse(`: hello\n\n${WHOLE.replaceAll('\n\n', '\n\n: keep-alive\n\n')}`)],
    ['data over several lines', sse(WHOLE.replaceAll('{"id"', '{\ndata: "id"'))],
    ['one message beside an empty delta', answered('application/json', one({ delta: {}, message: MESSAGE }))],
    ['one message as text/plain', answered('text/plain', ` \n${one({ message: MESSAGE })}\n`)],
    ['one message as text/event-stream', sse(one({ message: MESSAGE }))],
    [
      'the whole message again at the end',
      sse(WHOLE.replace('data: [DONE]', `data: ${one({ delta: {}, message: MESSAGE })}\n\ndata: [DONE]`)),
    ],
  ])('is read: %s', async (_, fault) => {
    await start(fault);
    expect(await stream()).toEqual({ value: 'The answer.' });
  });

  it.each<[string, Fault]>([
    ['text/event-stream', sse(WHOLE)],
    ['application/json', answered('application/json', WHOLE)],
    ['with a byte order mark', answered('application/json', `\uFEFF${WHOLE}`)],
    ['with comments and without its last blank line', sse(`: hi\n\n${WHOLE.trimEnd()}`)],
  ])('is the answer of a plain call: %s', async (_, fault) => {
    await start(fault);
    expect(await ask()).toEqual({ value: 'The answer.' });
  });

  it.each<[string, Fault, string]>([
    ['cut', sse(`${delta('Half')}\n\n`), 'server'],
    ['with an error', raw('event: error\ndata: {"code":429}\n\n'), 'rate_limit'],
    ['without text', sse('data: [DONE]\n\n'), 'no_output'],
  ])('is a failure of a plain call when it is %s', async (_, fault, kind) => {
    await start(fault);
    expect(await ask()).toMatchObject({ kind });
  });
});
