import type { Plugin } from '@elizaos/core';

type Handler = (params: Record<string, unknown>) => unknown;

/** A provider of the suites' own making, which stands before ElizaNet. */
export function provider(models: Record<string, Handler>): Plugin {
  const handlers = Object.entries(models).map(([type, handler]) => [
    type,
    async (_runtime: unknown, params: Record<string, unknown>) => handler(params),
  ]);
  return { name: 'suite-provider', description: 'Fails on purpose', models: Object.fromEntries(handlers) };
}

/** Throws as provider SDKs do: a status beside the message. */
export function failWith(statusCode: number): never {
  throw Object.assign(new Error('This provider fails on purpose'), { statusCode });
}
