import type { IAgentRuntime } from '@elizaos/core';
import type { Budget } from '../chain/budget.js';
import type { BreakerRegistry } from '../core/breaker-registry.js';
import type { Clock } from '../core/clock.js';
import type { EmbeddingSpace } from '../core/embedding-space.js';
import type { ExtensionHooks } from '../core/extension-points.js';
import type { Config } from '../environment.js';
import type { Endpoint } from '../http/endpoint.js';
import type { Lookup } from '../media/checked-get.js';
import type { Log } from '../observe/log.js';
import type { Observer } from '../observe/observer.js';
import type { ResponseCache } from './cache/response-cache.js';
import type { Embedder } from './embedding/embedder.js';
import type { OperationResult } from './operation-result.js';

/** Keeps what operations give back. */
export type AnswerCache = ResponseCache<OperationResult<unknown>>;

/** What the handlers of one runtime work with. */
export interface ModelContext extends Pick<ExtensionHooks, 'processResponse'> {
  runtime: IAgentRuntime;
  /** With the models of this context's route. */
  config: Config;
  /** Names the route among the providers. */
  provider: string;
  endpoint: Endpoint;
  /** What the endpoint may be asked for; undefined without a limit. */
  budget?: Budget;
  embedder: Embedder;
  /** The space of the vectors in the agent's store. */
  space: EmbeddingSpace;
  /** Undefined with `ELIZANET_CACHE_TTL=0`. */
  cache?: AnswerCache;
  breakers: BreakerRegistry;
  clock: Clock;
  /** Resolves the names in addresses that users give. @default the system's resolver */
  lookup?: Lookup;
  log: Log;
  /** No other provider has a handler for this model type. */
  isOnlyProviderOf(modelType: string): boolean;
  /** The core takes an answer that was cut off for an error. */
  rejectsCutAnswers: boolean;
  observer: Observer;
  /** Length of the vectors in the agent's store: that of the primary's last one, else the configured one. */
  dimensions(): number;
}
