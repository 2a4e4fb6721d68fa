import type { Plugin } from '@elizaos/core';

export type Handler = (params: Record<string, unknown>) => unknown;

/** A provider plugin whose handlers receive the params that core passes. Its priority is higher than ElizaNet's. */
export function provider(models: Record<string, Handler>, name = 'suite-provider'): Plugin {
  const handlers = Object.entries(models).map(([type, handler]) => [
    type,
    async (_runtime: unknown, params: Record<string, unknown>) => handler(params),
  ]);
  return { name, description: 'A simulated provider', models: Object.fromEntries(handlers) };
}

/** Throws an error with a `statusCode`, as provider SDKs do. */
export function failWith(statusCode: number): never {
  throw Object.assign(new Error('This provider fails on purpose'), { statusCode });
}
