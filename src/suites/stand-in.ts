import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the stand-in server fails. */
export type Fault =
  | { kind: 'status'; status: number }
  /** 200 with an HTML page instead of JSON. */
  | { kind: 'garbage' }
  /** Never responds. */
  | { kind: 'hang' }
  /** A stream that ends without a finish reason. */
  | { kind: 'cut' };

export interface SeenRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

export interface StandIn {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly requests: SeenRequest[];
  /** May be changed at any time. */
  fault: Fault | undefined;
  close(): Promise<void>;
}

export const ANSWER = 'ElizaNet answers instead of the provider.';
export const OBJECT = { answeredBy: 'ElizaNet' };
const USAGE = { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 };

/**
 * An ElizaNet on loopback, so that the suites need neither key nor network. Implements the endpoints that they call.
 */
export async function startStandIn(dimensions: number): Promise<StandIn> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const seen = await read(request);
    requests.push(seen);
    respond(seen, response, standIn.fault, dimensions);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return { path: request.url ?? '', headers: request.headers, body: text ? JSON.parse(text) : {} };
}

function respond({ path, body }: SeenRequest, response: ServerResponse, fault: Fault | undefined, dimensions: number) {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'garbage') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
  } else if (fault?.kind === 'status') {
    const error = {
      message: 'Simulated failure',
      type: null,
      param: null,
      code: `${fault.status}`,
    };
    json(response, { error }, fault.status);
  } else if (body.stream) {
    stream(response, fault?.kind === 'cut');
  } else {
    const answer = ANSWERS[path]?.(body, dimensions);
    json(response, answer ?? { detail: 'Not Found' }, answer ? 200 : 404);
  }
}

const ANSWERS: Record<string, (body: Record<string, unknown>, dimensions: number) => object> = {
  '/v1/models': () => ({ object: 'list', data: [] }),
  '/v1/chat/completions': (body) => {
    const content = body.response_format ? JSON.stringify(OBJECT) : ANSWER;
    const message = { role: 'assistant', content };
    return { model: body.model, choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE };
  },
  '/v1/embeddings': (body, dimensions) => {
    const embedding = Array.from({ length: dimensions }, (_, i) => Math.sin(i + String(body.input).length));
    return { data: [{ index: 0, embedding }], usage: { prompt_tokens: 7, total_tokens: 7 } };
  },
  '/v1/images/generations': () => ({ data: [{ url: 'https://images.invalid/1.png' }] }),
};

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function stream(response: ServerResponse, cut: boolean): void {
  const event = (choice: object, rest: object = {}) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }], ...rest })}\n\n`;
  const pieces = ANSWER.split(/(?<= )/).map((content) => event({ delta: { content } }));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (cut) {
    response.end(pieces.slice(0, 2).join(''));
    return;
  }
  response.end(`${pieces.join('')}${event({ delta: {}, finish_reason: 'stop' }, { usage: USAGE })}data: [DONE]\n\n`);
}
