import { anthropicError, messages } from './anthropic.js';
import { openAiError } from './fault.js';
import { batchEmbedContents, generateContent, googleError } from './google.js';

/** The content of a stand-in's answers. */
export interface Script {
  text(body: Body): string;
  /** The tool call that answers a chat request with tools; undefined for a text. */
  toolCall(body: Body): ToolCallReply | undefined;
  object: unknown;
  imageUrl: string;
  /** Names of its models. */
  models: readonly string[];
  /** What LiteLLM says about its models; undefined for a server that is not LiteLLM. */
  groups?: readonly object[];
  vector(input: string): number[];
  /** Splits a text into the chunks of a stream. */
  chunks(text: string): string[];
}

export interface ToolCallReply {
  id: string;
  name: string;
  /** JSON. */
  arguments: string;
}

type Body = Record<string, unknown>;

/** The response in one protocol: a complete body, or the events of a stream. */
export type Reply =
  | { kind: 'json'; json: unknown }
  | { kind: 'bytes'; contentType: string; bytes: Buffer }
  | {
      kind: 'stream';
      contentType: string;
      head: string[];
      pieces: string[];
      tail: string[];
      error: string;
      failed?: string;
    };

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const SSE = 'text/event-stream';
/** The audio of text-to-speech: the first bytes of an MP3. */
export const SPEECH = Buffer.from('ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0', 'latin1');

/** The response to a request; undefined for an unknown path. */
export function replyTo(path: string, body: Body, script: Script): Reply | undefined {
  const route = Object.keys(ROUTES).find((suffix) => path.endsWith(suffix));
  return route ? ROUTES[route]?.(body, script) : undefined;
}

/** The body of an error response, in the format of the provider with this path. */
export function errorBody(path: string, status: number): string {
  if (path.endsWith('/messages')) return anthropicError(status);
  if (path.includes('/v1beta/')) return googleError(status);
  return openAiError(status);
}

/** The body of a 200 that contains an error instead of an answer. */
export function errorInside(path: string): string {
  if (!path.endsWith('/responses')) return errorBody(path, 503);
  const error = { type: 'server_error', code: 'server_error', message: 'The server had an error', param: null };
  return JSON.stringify({ id: 'resp_1', created_at: 1, model: 'gpt-4o', status: 'failed', error, output: [] });
}

/** Whether the path calls a model: not a list of models, a lookup or a download of one. */
export function isModelCall(path: string): boolean {
  return !/\/(?:models|model_group\/info|show|tags|pull)$/.test(path);
}

const ROUTES: Record<string, (body: Body, script: Script) => Reply | undefined> = {
  '/responses': responses,
  '/chat/completions': (body, script) =>
    body.modalities ? openRouterImage(body, script) : chatCompletions(body, script),
  '/messages': messages,
  ':generateContent': generateContent,
  ':batchEmbedContents': batchEmbedContents,
  '/embeddings': embeddings,
  '/images/generations': (body, { imageUrl }) => ({
    kind: 'json',
    json: {
      created: 1,
      data: Array.from({ length: Number(body.n ?? 1) }, () => ({
        url: imageUrl,
        b64_json: null,
        revised_prompt: null,
      })),
    },
  }),
  // ElizaCloud's own.
  '/generate-image': (_, { imageUrl }) => ({ kind: 'json', json: { images: [{ url: imageUrl }] } }),
  '/audio/transcriptions': (_, script) => ({ kind: 'json', json: { text: textFor({}, script) } }),
  '/audio/speech': () => ({ kind: 'bytes', contentType: 'audio/mpeg', bytes: SPEECH }),
  '/models': (_, { models }) => ({
    kind: 'json',
    json: { object: 'list', data: models.map((id) => ({ id, object: 'model' })) },
  }),
  // LiteLLM's own.
  '/model_group/info': (_, { groups }) => (groups ? { kind: 'json', json: { data: groups } } : undefined),
  '/api/show': () => ({ kind: 'json', json: {} }),
  '/api/tags': () => ({ kind: 'json', json: { models: [] } }),
  '/api/chat': ollamaChat,
  '/api/embed': (body, script) => ({
    kind: 'json',
    json: { embeddings: [body.input].flat().map((input) => script.vector(String(input))), prompt_eval_count: 7 },
  }),
};

function textFor(body: Body, script: Script): string {
  const format = body.response_format ?? (body.text as Body | undefined)?.format ?? body.format;
  const type = typeof format === 'object' ? (format as Body | null)?.type : format;
  return type && type !== 'text' ? JSON.stringify(script.object) : script.text(body);
}

function sse(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function responses(body: Body, script: Script): Reply {
  const text = textFor(body, script);
  const item = { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant' };
  const content = [{ type: 'output_text', text, annotations: [] }];
  const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };
  const response = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: body.model,
    incomplete_details: null,
    usage,
  };
  if (!body.stream) return { kind: 'json', json: { ...response, status: 'completed', output: [{ ...item, content }] } };
  return {
    kind: 'stream',
    contentType: SSE,
    head: [
      sse({ type: 'response.created', response: { ...response, status: 'in_progress', output: [] } }),
      sse({ type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } }),
    ],
    pieces: script
      .chunks(text)
      .map((delta) =>
        sse({ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta }),
      ),
    tail: [
      sse({ type: 'response.output_item.done', output_index: 0, item: { ...item, content } }),
      sse({
        type: 'response.completed',
        response: { ...response, status: 'completed', output: [{ ...item, content }] },
      }),
    ],
    error: sse({
      type: 'error',
      sequence_number: 9,
      code: 'server_error',
      message: 'The server had an error',
      param: null,
    }),
    failed: sse({
      type: 'response.failed',
      response: { ...response, status: 'failed', error: { code: 'server_error', message: 'The server had an error' } },
    }),
  };
}

function chatCompletions(body: Body, script: Script): Reply {
  const call = body.tools ? script.toolCall(body) : undefined;
  const text = call ? '' : textFor(body, script);
  const finish = call ? 'tool_calls' : 'stop';
  const head = { id: 'chatcmpl-1', created: 1, model: body.model };
  const { id, name, arguments: json = '' } = call ?? {};
  const toolCalls = (args: string) => [{ index: 0, id, type: 'function', function: { name, arguments: args } }];
  if (!body.stream) {
    const message = call ? { content: null, tool_calls: toolCalls(json) } : { content: text };
    const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }];
    return { kind: 'json', json: { ...head, object: 'chat.completion', choices, usage: USAGE } };
  }
  const chunk = (delta: object, finish_reason: string | null = null) =>
    sse({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
  const wantsUsage = (body.stream_options as Body | undefined)?.include_usage;
  return {
    kind: 'stream',
    contentType: SSE,
    head: [chunk({ role: 'assistant', content: '' }), ...(call ? [chunk({ tool_calls: toolCalls('') })] : [])],
    pieces: call
      ? (json.match(/.{1,6}/g) ?? []).map((args) =>
          chunk({ tool_calls: [{ index: 0, function: { arguments: args } }] }),
        )
      : script.chunks(text).map((content) => chunk({ content })),
    tail: [
      chunk({}, finish),
      ...(wantsUsage ? [sse({ ...head, object: 'chat.completion.chunk', choices: [], usage: USAGE })] : []),
      'data: [DONE]\n\n',
    ],
    // LiteLLM's format: the status as a string in `code`.
    error: sse({ error: { message: 'litellm.ServiceUnavailableError', type: null, param: null, code: '503' } }),
  };
}

/** OpenRouter makes images through a chat call with `modalities`. */
function openRouterImage(body: Body, { imageUrl }: Script): Reply {
  const message = { role: 'assistant', content: '', images: [{ type: 'image_url', image_url: { url: imageUrl } }] };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { kind: 'json', json: { id: 'gen-1', object: 'chat.completion', model: body.model, choices, usage: USAGE } };
}

function embeddings(body: Body, script: Script): Reply {
  const data = [body.input].flat().map((input, index) => {
    const vector = script.vector(String(input));
    const width = typeof body.dimensions === 'number' ? body.dimensions : vector.length;
    const embedding = vector.slice(0, width);
    return { object: 'embedding', index, embedding: body.encoding_format === 'base64' ? base64(embedding) : embedding };
  });
  return {
    kind: 'json',
    json: { object: 'list', model: body.model, data, usage: { prompt_tokens: 7, total_tokens: 7 } },
  };
}

/** Little-endian float32, as OpenAI sends it. */
function base64(vector: number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString('base64');
}

function ollamaChat(body: Body, script: Script): Reply {
  const text = textFor(body, script);
  const done = {
    model: body.model,
    created_at: '2026-01-01T00:00:00Z',
    done: true,
    done_reason: 'stop',
    eval_count: 3,
    eval_duration: 1,
    load_duration: 1,
    prompt_eval_count: 7,
    prompt_eval_duration: 1,
    total_duration: 3,
  };
  const line = (part: object) => `${JSON.stringify(part)}\n`;
  const message = (content: string) => ({ message: { role: 'assistant', content } });
  if (!body.stream) return { kind: 'json', json: { ...done, ...message(text) } };
  const piece = { model: body.model, created_at: done.created_at, done: false };
  return {
    kind: 'stream',
    contentType: 'application/x-ndjson',
    head: [],
    pieces: script.chunks(text).map((content) => line({ ...piece, ...message(content) })),
    tail: [line({ ...done, ...message('') })],
    error: line({ error: 'an error was encountered while running the model' }),
  };
}
