import { abortable } from './abortable.js';
import type { Endpoint } from './endpoint.js';
import type { TimeoutController } from './timeout.js';
import { type Connection, TransportError } from './transport/transport.js';

/**
 * Takes a connection of the endpoint, which must be released. Waits while its code is loaded, and while all are in use.
 * @throws {TransportError} when `timeout` fires, and when the endpoint is closed.
 */
export async function acquireConnection(endpoint: Endpoint, timeout: TimeoutController): Promise<Connection> {
  // An earlier request of the same call took all of the time: not the queue's fault.
  if (timeout.stopped) throw new TransportError(timeout.reason, 'response', 1);
  if (!endpoint.isWarm) await warmUp(endpoint, timeout);
  const { connections } = endpoint;
  try {
    const connection = await connections.acquire(timeout);
    if (!timeout.stopped) return connection;
    connections.release(connection);
  } catch (error) {
    throw new TransportError(error, 'queue', 1);
  }
  throw new TransportError(timeout.reason, 'queue', 1);
}

async function warmUp(endpoint: Endpoint, timeout: TimeoutController): Promise<void> {
  try {
    await abortable(endpoint.warmUp(), timeout.signal);
  } catch (error) {
    throw new TransportError(error, 'connect', 1);
  }
}
