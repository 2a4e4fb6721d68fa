import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** One request, as read from the socket. */
export interface RawRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** Counts all requests of the server, from 1. */
  number: number;
  /** Counts the requests of the socket, from 1. */
  numberOnSocket: number;
}

/** Writes the response. */
export type Answer = (socket: Socket, request: RawRequest) => unknown;

export interface RawServer {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly requests: RawRequest[];
  /** All sockets so far, and those open now. */
  readonly sockets: { opened: number; open: number };
  /** May be set at any time. */
  answer: Answer;
  /** Resolves when `condition` holds. Checks it on every socket event and request. */
  until(condition: () => boolean): Promise<void>;
  /** Resets every socket. */
  closeSockets(): void;
  close(): Promise<void>;
}

/**
 * A TCP server on loopback that parses requests and lets a test write any bytes as the response, at any time.
 * @param server the listening server, which emits `socketEvent` for each socket.
 */
export async function startRawServer(
  answer: Answer,
  server: Server = createServer(),
  socketEvent = server instanceof TlsServer ? 'secureConnection' : 'connection',
): Promise<RawServer> {
  const live = new Set<Socket>();
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of waiting) check();
  };
  server.on(socketEvent, (socket: Socket) => {
    live.add(socket);
    raw.sockets.opened++;
    raw.sockets.open++;
    socket.on('error', () => {});
    socket.on('close', () => {
      live.delete(socket);
      raw.sockets.open--;
      changed();
    });
    readRequests(socket, (request, numberOnSocket) => {
      const numbered = { ...request, number: raw.requests.length + 1, numberOnSocket };
      raw.requests.push(numbered);
      changed();
      raw.answer(socket, numbered);
    });
    changed();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const scheme = server instanceof TlsServer ? 'https' : 'http';
  const raw: RawServer = {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    sockets: { opened: 0, open: 0 },
    answer,
    until: (condition) =>
      new Promise((resolve) => {
        const check = () => {
          if (!condition()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    closeSockets() {
      for (const socket of live) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of live) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return raw;
}

type Parsed = Omit<RawRequest, 'number' | 'numberOnSocket'>;

function readRequests(socket: Socket, onRequest: (request: Parsed, numberOnSocket: number) => void): void {
  let pending = Buffer.alloc(0);
  let count = 0;
  socket.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    for (;;) {
      const headEnd = pending.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const [start = '', ...lines] = pending.subarray(0, headEnd).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
      if (pending.byteLength < bodyEnd) return;
      const [method = '', path = ''] = start.split(' ');
      const body = pending.subarray(headEnd + 4, bodyEnd).toString();
      pending = pending.subarray(bodyEnd);
      onRequest({ method, path, headers, body }, ++count);
    }
  });
}

/** A complete response. Sets `content-length`, unless `headers` does. */
export function response(status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Buffer {
  const bytes = Buffer.from(body);
  const all = { 'content-type': 'application/json', 'content-length': String(bytes.byteLength), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Reason\r\n${head.join('')}\r\n`), bytes]);
}

/** The head of a response with a chunked body. */
export function chunkedHead(headers: Record<string, string> = {}): string {
  const all = { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked', ...headers };
  return `HTTP/1.1 200 OK\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
}

/** One chunk of such a body; an empty one ends it. */
export function chunk(data: string | Buffer): Buffer {
  const bytes = Buffer.from(data);
  return Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** An answer that never ends: the first bytes, then more of them every millisecond until the client leaves. */
export const endless =
  (first: string, more: string): Answer =>
  (socket) => {
    socket.write(first);
    const drip = setInterval(() => socket.write(more), 1);
    socket.on('close', () => clearInterval(drip));
  };
