import { isElizaNetError } from '../core/elizanet-error.js';
import type { AsyncExtension } from '../core/extension-points.js';
import { asBytes } from '../http/as-bytes.js';
import type { Endpoint } from '../http/endpoint.js';
import { parseJson } from '../http/parse-json.js';
import { textOf } from '../http/read-bytes.js';
import { request } from '../http/request.js';
import { modelList } from './schemas.js';

/** What one health check found. */
export interface Health {
  /** The endpoint answers; true also when it refuses the key. */
  reachable: boolean;
  /** `unknown` while the endpoint cannot be reached. */
  key: 'accepted' | 'refused' | 'unknown';
  /** Ids of the models that the endpoint lists; undefined when its answer is no list of models. */
  models?: string[];
  /** Why the check failed, when it did: an `ElizaNetError` in most cases. */
  error?: unknown;
}

/** Adds to what a health check finds, such as the state of a proxy or a model that must be there. */
export interface HealthMonitor extends AsyncExtension {
  /**
   * Is called after every health check. With `onError: 'fail'` its fault is the health's `error`.
   * @param health as the plugin and the monitors before this one have found it.
   * @returns the health to report.
   */
  monitor(health: Health): Health | Promise<Health>;
}

const LIST_LIMIT_BYTES = 4 * 1024 * 1024;

export interface HealthCheckOptions {
  /**
   * LiteLLM answers within 5 ms when idle and 500 ms under load; below 1000 a busy endpoint counts as unreachable.
   * @default 5000
   */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Sends `GET /v1/models`, which costs nothing. (LiteLLM's own `/health` calls every model.) Never throws.
 */
export async function checkHealth(
  endpoint: Endpoint,
  { timeoutMs = 5_000, signal }: HealthCheckOptions = {},
): Promise<Health> {
  try {
    const input = { method: 'GET', path: '/v1/models', timeoutMs, signal } as const;
    const { value } = await request(endpoint, input, asBytes('application/json', LIST_LIMIT_BYTES));
    return { reachable: true, key: 'accepted', models: modelsIn(value.bytes) };
  } catch (error) {
    const isRefused = isElizaNetError(error) && error.kind === 'auth';
    return { reachable: isRefused, key: isRefused ? 'refused' : 'unknown', error };
  }
}

function modelsIn(list: Buffer): string[] | undefined {
  try {
    return modelList.parse(parseJson(textOf(list))).data.map(({ id }) => id);
  } catch {
    return undefined;
  }
}
