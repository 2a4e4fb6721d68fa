import { z } from 'zod';
import { asJson } from '../http/as-json.js';
import type { Endpoint } from '../http/endpoint.js';
import { request } from '../http/request.js';
import type { HealthCheckOptions } from './check-health.js';

/** What a server says about one of its models. Absent fields are not known. */
export interface ModelInfo {
  /** Longest prompt. */
  contextTokens?: number;
  /** In US dollars. */
  inputCostPerToken?: number;
  outputCostPerToken?: number;
  /** The kind of call that it serves, such as `chat` or `embedding`. */
  mode?: string;
  vision?: boolean;
  tools?: boolean;
  /** Takes `response_format`. */
  schema?: boolean;
}

const LIMIT_BYTES = 4 * 1024 * 1024;
const count = z.number().positive().nullish().catch(null);
const price = z.number().nonnegative().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

/** `GET /model_group/info` of LiteLLM. */
const modelGroups = z.object({
  data: z.array(
    z.object({
      model_group: z.string(),
      max_input_tokens: count,
      input_cost_per_token: price,
      output_cost_per_token: price,
      mode: z.string().nullish().catch(null),
      supports_vision: flag,
      supports_function_calling: flag,
      supported_openai_params: z.array(z.string()).nullish().catch(null),
    }),
  ),
});

/**
 * What LiteLLM says about its models, by name. It costs nothing.
 * @returns undefined for a server that does not say, such as one that is not LiteLLM. Never throws.
 */
export async function fetchModelInfos(
  endpoint: Endpoint,
  { timeoutMs = 5_000, signal }: HealthCheckOptions = {},
): Promise<ReadonlyMap<string, ModelInfo> | undefined> {
  try {
    const input = { method: 'GET', path: '/model_group/info', timeoutMs, signal } as const;
    const { value } = await request(endpoint, input, asJson(modelGroups, LIMIT_BYTES));
    return new Map(value.data.map((group) => [group.model_group, infoOf(group)]));
  } catch {
    return undefined;
  }
}

function infoOf(group: z.output<typeof modelGroups>['data'][number]): ModelInfo {
  const { supported_openai_params: params } = group;
  return {
    contextTokens: group.max_input_tokens ?? undefined,
    inputCostPerToken: group.input_cost_per_token ?? undefined,
    outputCostPerToken: group.output_cost_per_token ?? undefined,
    mode: group.mode ?? undefined,
    vision: group.supports_vision ?? undefined,
    tools: group.supports_function_calling ?? undefined,
    schema: params && params.length > 0 ? params.includes('response_format') : undefined,
  };
}
