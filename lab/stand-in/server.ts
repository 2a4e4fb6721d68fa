import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fault, HEALTHY } from './fault.js';
import {
  errorBody,
  errorInside,
  isModelCall,
  type Reply,
  replyTo,
  type Script,
  type ToolCallReply,
} from './protocols.js';

export interface RecordedRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** The parsed JSON; for a form its fields, with a file as `{ name, type, bytes }`. */
  body: Record<string, unknown>;
  /** Arrival, in milliseconds since the epoch. */
  at: number;
  /** When the response, or the end of the connection, was sent. */
  answeredAt?: number;
}

export interface StandIn {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** The requests that call a model, without lists and lookups of models. */
  readonly calls: RecordedRequest[];
  /** May be changed at any time; a function decides for each request. */
  fault: Fault | ((request: RecordedRequest) => Fault);
  /** Closes every connection, including those of hanging requests. */
  disconnect(): void;
  close(): Promise<void>;
}

/** Milliseconds since the epoch, with fractions. */
export const now = () => performance.timeOrigin + performance.now();

export interface StandInOptions {
  /** The text of its answers; may depend on the request body. */
  text?: string | ((body: Record<string, unknown>) => string);
  /** The tool call that answers a chat request with tools. @default a text */
  toolCall?(body: Record<string, unknown>): ToolCallReply | undefined;
  object?: unknown;
  dimensions?: number;
  vector?(input: string): number[];
  imageUrl?: string;
  models?: readonly string[];
  groups?: readonly object[];
  /** Of every answer of a model, beside those of its protocol. */
  headers?: Record<string, string>;
  /** Delay of a response, and between the chunks of a stream, in milliseconds. */
  delayMs?: number;
  pieceDelayMs?: number;
}

/** A model provider on loopback that speaks the protocols of all published primaries, and fails on command. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const { text = 'The quick brown fox jumps.', object = { colour: 'red' }, dimensions = 1536, delayMs = 0 } = options;
  const script: Script = {
    text: typeof text === 'string' ? () => text : text,
    toolCall: options.toolCall ?? (() => undefined),
    object,
    imageUrl: options.imageUrl ?? 'http://images.invalid/0.png',
    models: options.models ?? ['gpt-4o'],
    groups: options.groups,
    vector: options.vector ?? ((input) => pseudoVector(input, dimensions)),
    chunks: (whole) => whole.match(/\S+\s*/g) ?? [],
  };
  const requests: RecordedRequest[] = [];
  // Longer than any test: after Node's default of 5 s the server may close a socket that the client is about to reuse.
  const server = createServer({ keepAliveTimeout: 120_000 }, async (request, response) => {
    const recorded = await record(request);
    requests.push(recorded);
    if (isModelCall(recorded.path)) response.setHeaders(new Map(Object.entries(options.headers ?? {})));
    const fault = typeof standIn.fault === 'function' ? standIn.fault(recorded) : standIn.fault;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (fault.kind !== 'hang' && fault.kind !== 'keep-alive') recorded.answeredAt = now();
    await answer(recorded, response, fault, script, options.pieceDelayMs ?? 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get calls() {
      return requests.filter(({ path }) => isModelCall(path));
    },
    fault: HEALTHY,
    disconnect: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

/** An address on which connections are refused. */
export async function closedPort(): Promise<string> {
  const standIn = await startStandIn();
  await standIn.close();
  return standIn.url;
}

/** A vector of length 1 that depends only on the text. */
function pseudoVector(input: string, dimensions: number): number[] {
  let state = [...input].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0, 7);
  const raw = Array.from({ length: dimensions }, () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
  const norm = Math.hypot(...raw);
  return raw.map((value) => value / norm);
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const raw = Buffer.concat(parts);
  const { method = '', url = '', headers } = request;
  const isForm = headers['content-type']?.startsWith('multipart/form-data');
  const body = isForm ? await formFields(raw, headers['content-type'] ?? '') : parseJson(raw.toString());
  return { method, path: url.split('?')[0] ?? '', headers, body, at: now() };
}

function parseJson(text: string): Record<string, unknown> {
  return text.startsWith('{') ? JSON.parse(text) : {};
}

async function formFields(raw: Buffer, contentType: string): Promise<Record<string, unknown>> {
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': contentType } }).formData();
  const fields = [...form].map(async ([name, value]) => {
    if (typeof value === 'string') return [name, value];
    return [name, { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) }];
  });
  return Object.fromEntries(await Promise.all(fields));
}

async function answer(
  request: RecordedRequest,
  response: ServerResponse,
  fault: Fault,
  script: Script,
  pieceDelayMs: number,
): Promise<void> {
  const callId = request.headers['x-litellm-call-id'];
  if (callId) response.setHeader('x-litellm-call-id', callId);
  const reply = replyTo(request.path, request.body, script);
  if (fault.kind === 'hang') return destroyLater(response, fault.endsAfterMs);
  if (fault.kind === 'keep-alive') return keepOpen(response, request.body.stream === true);
  if (fault.kind === 'drop') {
    response.socket?.destroy();
    return;
  }
  if (fault.kind === 'status') {
    const { status, headers = {}, body = errorBody(request.path, status), contentType = 'application/json' } = fault;
    response.writeHead(status, { 'content-type': contentType, ...headers }).end(body);
  } else if (fault.kind === 'garbage') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>It works!</html>');
  } else if (fault.kind === 'mis-shaped') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[{"embedding":"none"}]}');
  } else if (fault.kind === 'error-inside') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(errorInside(request.path));
  } else if (fault.kind === 'cut-body') {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      .write('{"id":"half an ans');
    destroyLater(response, ARRIVAL_MS);
  } else if (!reply) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}');
  } else if (reply.kind === 'json') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply.json));
  } else if (reply.kind === 'bytes') {
    response.writeHead(200, { 'content-type': reply.contentType }).end(reply.bytes);
  } else {
    await stream(reply, response, fault, pieceDelayMs);
  }
}

function keepOpen(response: ServerResponse, isStream: boolean): void {
  response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
  const sign = isStream ? ': keep-alive\n\n' : ' ';
  response.write(sign);
  const timer = setInterval(() => response.write(sign), 1_000);
  response.on('close', () => clearInterval(timer));
}

/** In which written data arrives: on loopback a reset discards unread data. */
const ARRIVAL_MS = 100;

/** Destroys the socket after a time, if one is given. */
function destroyLater(response: ServerResponse, ms: number | undefined): void {
  if (ms !== undefined) setTimeout(() => response.socket?.destroy(), ms);
}

async function stream(
  { contentType, head, pieces, tail, error, failed = error }: Extract<Reply, { kind: 'stream' }>,
  response: ServerResponse,
  fault: Fault,
  pieceDelayMs: number,
): Promise<void> {
  // Wait for each write: destroying a socket discards what is still buffered.
  const write = (data: string) => new Promise<void>((resolve) => response.write(data, () => resolve()));
  response.writeHead(200, { 'content-type': contentType });
  for (const event of head) await write(event);
  const breaks =
    fault.kind === 'cut' ||
    fault.kind === 'error-event' ||
    fault.kind === 'failed-event' ||
    fault.kind === 'no-finish' ||
    fault.kind === 'stall';
  const sent = breaks ? (fault.afterChunks ?? 2) : fault.kind === 'empty-stream' ? 0 : pieces.length;
  for (const piece of pieces.slice(0, sent)) {
    if (pieceDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, pieceDelayMs));
    await write(piece);
  }
  if (fault.kind === 'stall') return destroyLater(response, fault.endsAfterMs);
  if (fault.kind === 'cut') {
    destroyLater(response, ARRIVAL_MS);
    return;
  }
  if (fault.kind === 'error-event') await write(error);
  else if (fault.kind === 'failed-event') await write(failed);
  else if (!(fault.kind === 'no-finish' || (fault.kind === 'empty-stream' && !fault.finish))) {
    for (const event of tail) await write(event);
  }
  response.end();
}
