import type { Plugin } from '@elizaos/core';

type Handler = (params: Record<string, unknown>) => unknown;

/** A provider plugin with these handlers. Its priority is higher than ElizaNet's. */
export function provider(models: Record<string, Handler>): Plugin {
  const handlers = Object.entries(models).map(([type, handler]) => [
    type,
    async (_runtime: unknown, params: Record<string, unknown>) => handler(params),
  ]);
  return { name: 'suite-provider', description: 'Fails on purpose', models: Object.fromEntries(handlers) };
}

/** Throws an error with a `statusCode`, as provider SDKs do. */
export function failWith(statusCode: number): never {
  throw Object.assign(new Error('This provider fails on purpose'), { statusCode });
}
