import { afterEach } from 'vitest';
import type { Endpoint, EndpointOptions } from '../src/http/endpoint.js';
import { createEndpoint } from './client.js';
import { type Answer, type RawServer, startRawServer } from './raw-server.js';

/** What the running test has started. */
export let server: RawServer;
export let endpoint: Endpoint;

/**
 * Starts a raw server and the client for it.
 * @param at where the client takes it to be. @default its address
 */
export async function start(
  answer: Answer,
  options?: Partial<EndpointOptions>,
  at = (url: string) => url,
): Promise<void> {
  server = await startRawServer(answer);
  endpoint = createEndpoint(at(server.url), options);
}

/** For each file that starts them: under Bun all files share this module, but not its hooks. */
export function closeAfterEach(): void {
  afterEach(async () => {
    await endpoint.close();
    await server.close();
  });
}
