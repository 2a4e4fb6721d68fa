import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Registry {
  /** `http://127.0.0.1:port/` */
  readonly url: string;
  close(): Promise<void>;
}

/** An npm registry on loopback that has one package, and sends a client to the configured registry for all others. */
export async function startRegistry(tarball: string): Promise<Registry> {
  const content = await readFile(tarball);
  const { stdout: packed } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
  const manifest: { name: string; version: string } = JSON.parse(packed);
  const { stdout: others } = await run('npm', ['config', 'get', 'registry']);

  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    if (path === `/${basename(tarball)}`) return response.end(content);
    if (path !== `/${manifest.name}`) {
      return response.writeHead(307, { location: new URL(`.${request.url}`, others.trim()).href }).end();
    }
    const { version } = manifest;
    const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
    const dist = { tarball: `${url}${basename(tarball)}`, integrity };
    const document = {
      name: manifest.name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist } },
    };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
