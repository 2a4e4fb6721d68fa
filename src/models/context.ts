import type { IAgentRuntime } from '@elizaos/core';
import type { BreakerRegistry } from '../core/breaker-registry.js';
import type { Clock } from '../core/clock.js';
import type { EmbeddingSpace } from '../core/embedding-space.js';
import type { Config } from '../environment.js';
import type { Endpoint } from '../http/endpoint.js';
import type { Lookup } from '../media/checked-get.js';
import type { Log } from '../observe/log.js';
import type { Embedder } from './embedding/embedder.js';
import type { AnswerCache } from './operation.js';

/** What the handlers of one runtime work with. */
export interface ModelContext {
  runtime: IAgentRuntime;
  config: Config;
  endpoint: Endpoint;
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
  /** Length of the vectors in the agent's store: that of the primary's last one, else the configured one. */
  dimensions(): number;
}
