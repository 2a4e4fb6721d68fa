/**
 * A fast upstream in a process of its own: chat completions for most clients, responses for plugin-openai, which uses no
 * other API. Sends its port to the process that started it. `POST /mode` and `GET /stats` are for the benchmark.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerStats, StreamMode } from './protocol.js';

const WRITE_BYTES = 16 * 1024;
const FIRST_ALONE_MS = 5;
const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

const sse = (data: object) => `data: ${JSON.stringify(data)}\n\n`;

const chunkHead = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'bench' };
const CHAT = {
  plain: JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content: 'The answer is 42.' }, finish_reason: 'stop' }],
    usage: USAGE,
  }),
  head: sse({ ...chunkHead, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  delta: (index: number) =>
    sse({ ...chunkHead, choices: [{ index: 0, delta: { content: `word${index % 10} ` }, finish_reason: null }] }),
  tail: `${sse({ ...chunkHead, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: USAGE })}data: [DONE]\n\n`,
};

const item = { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant' };
const part = { type: 'output_text', text: 'The answer is 42.', annotations: [] };
const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };
const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'bench', incomplete_details: null, usage };
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const RESPONSES = {
  plain: JSON.stringify({ ...response, status: 'completed', output: [{ ...item, content: [part] }] }),
  head:
    sse({ type: 'response.created', response: { ...response, status: 'in_progress', output: [] } }) +
    sse({ type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } }),
  delta: (index: number) => sse({ type: 'response.output_text.delta', ...at, delta: `word${index % 10} ` }),
  tail:
    sse({ type: 'response.output_item.done', output_index: 0, item: { ...item, content: [part] } }) +
    sse({
      type: 'response.completed',
      response: { ...response, status: 'completed', output: [{ ...item, content: [part] }] },
    }),
};

let mode: StreamMode = { deltas: 10, write: 'coalesced' };
let openSockets = 0;
let peakSockets = 0;

const server = createServer(async (request, response) => {
  const body = await read(request);
  if (request.url === '/mode') {
    mode = JSON.parse(body);
    peakSockets = openSockets;
    response.end();
  } else if (request.url === '/stats') {
    response.end(JSON.stringify({ openSockets, peakSockets } satisfies ServerStats));
  } else {
    const script = request.url?.endsWith('/responses') ? RESPONSES : CHAT;
    if (body.includes('"stream":true')) await stream(script, response);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(script.plain);
  }
});

server.on('connection', (socket) => {
  openSockets++;
  peakSockets = Math.max(peakSockets, openSockets);
  socket.on('close', () => openSockets--);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));

function read(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (data) => (text += data));
    request.on('end', () => resolve(text));
  });
}

async function stream(script: typeof CHAT, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = [script.head, ...Array.from({ length: mode.deltas }, (_, index) => script.delta(index)), script.tail];
  if (mode.write === 'coalesced') {
    for (const block of blocks(events)) await write(response, block);
    return void response.end();
  }
  for (const [index, event] of events.entries()) {
    await write(response, event);
    if (mode.write === 'first-alone' && index === 1)
      await new Promise((resolve) => setTimeout(resolve, FIRST_ALONE_MS));
  }
  response.end();
}

function* blocks(events: string[]): Generator<string> {
  let block = '';
  for (const event of events) {
    block += event;
    if (block.length < WRITE_BYTES) continue;
    yield block;
    block = '';
  }
  if (block) yield block;
}

/** Waits until the kernel has taken the data, so that each call is one write. */
function write(response: ServerResponse, data: string): Promise<void> {
  return new Promise((resolve) => response.write(data, () => resolve()));
}
