import { afterEach } from 'vitest';
import type { Endpoint, EndpointOptions } from '../src/http/endpoint.js';
import { createEndpoint } from './client.js';
import { type Answer, type RawServer, startRawServer } from './raw-server.js';

/** The server and the endpoint of the running test. */
export let server: RawServer;
export let endpoint: Endpoint;

/**
 * Starts a raw server and an endpoint for it.
 * @param at the endpoint's address, made of the server's. @default the server's
 */
export async function start(
  answer: Answer,
  options?: Partial<EndpointOptions>,
  at = (url: string) => url,
): Promise<void> {
  server = await startRawServer(answer);
  endpoint = createEndpoint(at(server.url), options);
}

/** To be called in each test file: under Bun the files share this module, but not its hooks. */
export function closeAfterEach(): void {
  afterEach(async () => {
    await endpoint.close();
    await server.close();
  });
}
