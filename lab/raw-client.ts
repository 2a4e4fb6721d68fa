import { afterEach } from 'vitest';
import type { Endpoint, EndpointOptions } from '../src/http/endpoint.js';
import { createEndpoint } from './client.js';
import { type Answer, type RawServer, startRawServer } from './raw-server.js';

/** Server and client of the running test. */
export let server: RawServer;
export let endpoint: Endpoint;

/**
 * Starts a raw server and a client for it.
 * @param at maps the server's URL to the one that the client uses. @default unchanged
 */
export async function start(
  answer: Answer,
  options?: Partial<EndpointOptions>,
  at = (url: string) => url,
): Promise<void> {
  server = await startRawServer(answer);
  endpoint = createEndpoint(at(server.url), options);
}

/** Registers the clean-up. Call it in each test file: under Bun all files share this module, but not its hooks. */
export function closeAfterEach(): void {
  afterEach(async () => {
    await endpoint.close();
    await server.close();
  });
}
