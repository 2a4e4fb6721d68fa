import type { IAgentRuntime } from '@elizaos/core';
import type { Routes } from './chain/routes.js';
import { PROVIDER_NAME } from './core/provider-name.js';
import type { HostRuntime } from './failover/core-compat.js';

/** The providers of a model type in core's order, each once; of all types for undefined. ElizaNet's routes are last. */
export function providersOf(runtime: IAgentRuntime, routes: Routes, modelType: string | undefined): string[] {
  const { models } = runtime as HostRuntime;
  const entries = modelType === undefined ? [...models.values()].flat() : (models.get(modelType) ?? []);
  const others = entries.map(({ provider }) => provider).filter((provider) => provider !== PROVIDER_NAME);
  const own = modelType === undefined ? routes.all : routes.of(modelType);
  return [...new Set([...others, ...own.map(({ name }) => name)])];
}
