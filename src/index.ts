import { createElizaNetFallbackPlugin } from './plugin.js';

export type { BreakerStateName } from './core/circuit-breaker.js';
export type { Clock, Random, Timer } from './core/clock.js';
export { ElizaNetError, type ElizaNetErrorDetails, isElizaNetError } from './core/elizanet-error.js';
export {
  ConfigurationError,
  ContentPolicyError,
  ElizaNetUnavailableError,
  EmbeddingSpaceMismatchError,
  ExtensionError,
  InvalidInputError,
  InvalidResponseError,
  ObjectValidationError,
  OutputIncompleteError,
  OutputLimitError,
  ProviderTimeoutError,
  type RequestPhase,
  ResourceError,
  TokenizerUnavailableError,
  UpstreamConnectionError,
  UpstreamStatusError,
} from './core/errors.js';
export type {
  AsyncExtension,
  Extension,
  FailureClassifier,
  FailureVerdict,
  JsonBody,
  Need,
  ProviderCall,
  RequestTransform,
  ResponseProcessor,
  ResultCheck,
  RoutedCall,
  Router,
  RouteState,
} from './core/extension-points.js';
export {
  AllProvidersFailedError,
  type AttemptRecord,
  DisguisedFailureError,
  NoOutputError,
  type ProviderError,
  StreamInterruptedError,
} from './core/failover-errors.js';
export {
  type BreakerEffect,
  FAILURE_RULES,
  type Failure,
  type FailureKind,
  type FailureRule,
  type Silence,
} from './core/failure-rules.js';
export { PROVIDER_NAME } from './core/provider-name.js';
export type { EndpointSettings } from './endpoint-settings.js';
export type { Extensions } from './extensions.js';
export type { StopSignal } from './http/timeout.js';
export {
  type Body,
  type Connection,
  type ResponseHeaders,
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
} from './http/transport/transport.js';
export type { Lookup } from './media/checked-get.js';
export type { CallNote, CallRecord } from './observe/call-record.js';
export {
  type BreakerChanged,
  type BudgetReached,
  ElizaNetEvent,
  type ElizaNetEventName,
  type ElizaNetEventPayloads,
  type EndpointHealthChanged,
  onElizaNetEvent,
  type PlaceholderServed,
} from './observe/events.js';
export type { OutageNotice } from './observe/notices.js';
export type { OutageRecord } from './observe/outages.js';
export type { FailoverStatus, Phase } from './observe/status.js';
export type { Health, HealthMonitor } from './openai/check-health.js';
export {
  createElizaNetFallbackPlugin,
  type ElizaNetFallbackOptions,
  type ElizaNetFallbackPlugin,
  type ModelLabel,
} from './plugin.js';
export { ElizaNetFallbackService, getCallRecords, getLastAttempts } from './service.js';
export { getFailoverStatus } from './status.js';

/** The plugin with default options: list its package in a character's `plugins`. */
export const elizaNetFallbackPlugin = createElizaNetFallbackPlugin();

export default elizaNetFallbackPlugin;
