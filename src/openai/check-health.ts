import { isElizaNetError } from '../core/errors.js';
import type { Endpoint } from '../http/endpoint.js';
import { readText } from '../http/read-body.js';
import { send, transportError } from '../http/send.js';
import { TimeoutController } from '../http/timeout.js';
import { modelList } from './schemas.js';

export interface Health {
  /** It answers at all; also with a refused key. */
  reachable: boolean;
  /** What became of the key: `unknown` while the endpoint cannot be reached. */
  key: 'accepted' | 'refused' | 'unknown';
  /** The models it lists; undefined when it lists none in OpenAI's way. */
  models?: string[];
  /** What went wrong, when something did: an `ElizaNetError` in most cases. */
  error?: unknown;
}

const LIST_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * Asks `GET /v1/models`, which costs nothing. (LiteLLM's own `/health` calls every model for real.) Never throws.
 * @param timeoutMs LiteLLM answers in 5 ms when idle and in half a second under load; less than 1000 gives false alarms.
 */
export async function checkHealth(endpoint: Endpoint, timeoutMs = 5_000): Promise<Health> {
  const timeout = new TimeoutController(timeoutMs, endpoint.clock);
  try {
    const { body } = await send(endpoint, { method: 'GET', path: '/v1/models', accept: 'application/json', timeout });
    const list = await readText(body, LIST_LIMIT_BYTES);
    return { reachable: true, key: 'accepted', models: modelsIn(list) };
  } catch (thrown) {
    const error = transportError(thrown, timeout, endpoint, { requestId: '' });
    const refused = isElizaNetError(error) && error.kind === 'auth';
    return { reachable: refused, key: refused ? 'refused' : 'unknown', error };
  } finally {
    timeout.clear();
  }
}

function modelsIn(list: string): string[] | undefined {
  try {
    return modelList.parse(JSON.parse(list)).data.map(({ id }) => id);
  } catch {
    return undefined;
  }
}
