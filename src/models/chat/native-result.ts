import type { TokenUsage } from '@elizaos/core';
import { isRecord } from '../../core/is-record.js';
import { PROVIDER_NAME } from '../../core/provider-name.js';
import type { ChatStreamEnd } from '../../openai/chat-reader.js';
import type { Usage } from '../../openai/schemas.js';
import { isSafeJson } from '../cache/cached-value.js';
import { tokenCounts } from '../token-counts.js';
import type { ToolCall } from './tools/take-calls.js';

/** core 2.x's counts. Those that the upstream does not report are absent. */
export interface NativeUsage extends TokenUsage {
  cacheReadInputTokens?: number;
  cacheCreationInputTokens?: number;
  reasoningTokens?: number;
}

/** Which model answered; holds no key and no address. */
export interface ProviderMetadata {
  /** The id that was asked for. */
  modelName: string;
  provider: string;
}

/** What a text call of core 2.x is answered with, when it is native (`isNative`). */
export interface NativeResult {
  /** '' when there are only tool calls. */
  text: string;
  toolCalls: ToolCall[];
  finishReason: string;
  usage?: NativeUsage;
  providerMetadata: ProviderMetadata;
}

/** For values from the agent's database, which can be damaged. */
export function isNativeResult(value: unknown): boolean {
  if (!isRecord(value) || !isSafeJson(value)) return false;
  const { text, toolCalls, finishReason, usage = {}, providerMetadata: metadata } = value;
  if (typeof text !== 'string' || typeof finishReason !== 'string' || !isRecord(usage) || !isRecord(metadata))
    return false;
  return Array.isArray(toolCalls) && toolCalls.every(isToolCall);
}

function isToolCall(value: unknown): boolean {
  return isRecord(value) && isName(value.id) && isName(value.name) && isRecord(value.arguments);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

export function providerMetadata(model: string): ProviderMetadata {
  return { modelName: model, provider: PROVIDER_NAME };
}

export function nativeUsage(usage: Usage | null | undefined): NativeUsage | undefined {
  if (!usage) return undefined;
  const { prompt, completion, total, ...details } = tokenCounts(usage);
  return { promptTokens: prompt, completionTokens: completion, totalTokens: total, ...details };
}

const FINISH_REASONS: Readonly<Record<string, string>> = {
  stop: 'stop',
  // Without a call that can be given to the caller, the text is the answer.
  tool_calls: 'stop',
  function_call: 'stop',
  length: 'length',
  content_filter: 'content-filter',
};

/**
 * The AI SDK's word for how an answer ended.
 * @param unknown the word for a reason that is absent or is none of OpenAI's.
 */
export function nativeFinishReason({ finishReason }: ChatStreamEnd, hasCalls: boolean, unknown: string): string {
  const isKnown = finishReason !== undefined && Object.hasOwn(FINISH_REASONS, finishReason);
  const word = isKnown ? (FINISH_REASONS[finishReason] ?? unknown) : unknown;
  return hasCalls && (word === 'stop' || word === unknown) ? 'tool-calls' : word;
}
