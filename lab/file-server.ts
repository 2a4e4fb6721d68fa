import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  readonly port: number;
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  /** Method, path and headers of each request. */
  readonly requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[];
  close(): Promise<void>;
}

/** File servers of the tests in one file: `close`, called after each test, closes those that it has started. */
export function fileServers() {
  const open: FileServer[] = [];
  return {
    async serve(pages: Record<string, RequestListener>): Promise<FileServer> {
      const server = await startFileServer(pages);
      open.push(server);
      return server;
    },
    async close(): Promise<void> {
      for (const server of open.splice(0)) await server.close();
    },
  };
}

/** A web server on loopback that serves these pages by path: the images and audio that URLs in params point at. */
export async function startFileServer(pages: Record<string, RequestListener>): Promise<FileServer> {
  const requests: FileServer['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    const page = pages[request.url ?? ''];
    if (page) page(request, response);
    else response.writeHead(404).end('Not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
