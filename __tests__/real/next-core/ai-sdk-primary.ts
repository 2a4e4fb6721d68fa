import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@elizaos/core';
import type { ToolCall } from '../../../lab/next-core/native.js';

/** The parts of `ai` 6 and `@ai-sdk/openai` 3 that are used; the repository has the types of an older `ai`. */
export interface AiSdk {
  generateText(request: object): Promise<Answer>;
  streamText(request: object): StreamedAnswer;
  jsonSchema(schema: unknown): unknown;
  Output: { object(options: { schema: unknown }): unknown };
  createOpenAI(options: { baseURL: string; apiKey: string }): { chat(model: string): unknown };
}

interface SdkToolCall {
  toolCallId: string;
  toolName: string;
  input: Record<string, unknown>;
}

interface Answer {
  text: string;
  toolCalls: SdkToolCall[];
  finishReason: string;
  usage: { inputTokens?: number; outputTokens?: number; totalTokens?: number };
}

interface StreamedAnswer {
  textStream: AsyncIterable<string>;
  fullStream: AsyncIterable<{ type: string; delta?: string }>;
  text: Promise<string>;
  toolCalls: Promise<SdkToolCall[]>;
  finishReason: Promise<string>;
  usage: Promise<Answer['usage']>;
}

/** @param place where the packages are installed. */
export async function loadAiSdk(place: string): Promise<AiSdk> {
  const { resolve } = createRequire(join(place, 'package.json'));
  const load = (name: string) => import(pathToFileURL(resolve(name)).href);
  return { ...(await load('ai')), ...(await load('@ai-sdk/openai')) };
}

interface NativeParams {
  prompt?: string;
  system?: string;
  messages?: readonly Message[];
  tools?: readonly { name: string; description?: string; parameters: unknown }[];
  toolChoice?: unknown;
  responseSchema?: unknown;
  stream?: boolean;
  streamStructured?: boolean;
  signal?: AbortSignal;
}

interface Message {
  role: string;
  content: string | null;
  toolCalls?: readonly ToolCall[];
  toolCallId?: string;
  name?: string;
}

/**
 * A provider plugin of core 2.x as its own are written: with the AI SDK and its retries, native results, and streams
 * whose side promises have no handler.
 */
export function aiSdkPrimary(sdk: AiSdk, url: string): Plugin {
  const model = sdk.createOpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-primary' }).chat('gpt-4o');
  const handle = async (_runtime: unknown, params: NativeParams) => {
    const request = requestOf(sdk, model, params);
    const native = !!(params.messages || params.tools || params.toolChoice || params.responseSchema);
    if (params.stream) return streamOf(sdk.streamText(request), native, !!params.streamStructured);
    const { text, toolCalls, finishReason, usage } = await sdk.generateText(request);
    if (!native) return text;
    return { text, toolCalls: toolCalls.map(asCall), finishReason, usage: asUsage(usage), providerMetadata: METADATA };
  };
  const models = { TEXT_SMALL: handle, TEXT_LARGE: handle };
  return { name: 'openai', description: 'Written with the AI SDK', models: models as never };
}

const METADATA = { modelName: 'gpt-4o', provider: 'openai' };

function requestOf(sdk: AiSdk, model: unknown, params: NativeParams): object {
  const { prompt, system, messages, tools, toolChoice, responseSchema, signal } = params;
  const toolSet = (tools ?? []).map(({ name, description, parameters }) => [
    name,
    { description, inputSchema: sdk.jsonSchema(parameters) },
  ]);
  return {
    model,
    system,
    ...(messages ? { messages: messages.map(asModelMessage) } : { prompt }),
    ...(tools ? { tools: Object.fromEntries(toolSet), toolChoice } : {}),
    ...(responseSchema ? { output: sdk.Output.object({ schema: sdk.jsonSchema(responseSchema) }) } : {}),
    abortSignal: signal,
    onError: () => {},
  };
}

function asModelMessage({ role, content, toolCalls = [], toolCallId, name }: Message): object {
  if (role === 'tool') {
    const output = { type: 'text', value: content };
    return { role, content: [{ type: 'tool-result', toolCallId, toolName: name, output }] };
  }
  if (toolCalls.length === 0) return { role, content };
  const text = content ? [{ type: 'text', text: content }] : [];
  const calls = toolCalls.map(({ id, name, arguments: input }) => {
    return { type: 'tool-call', toolCallId: id, toolName: name, input };
  });
  return { role, content: [...text, ...calls] };
}

function streamOf(answer: StreamedAnswer, native: boolean, structured: boolean) {
  const pieces: string[] = [];
  async function* toolInput() {
    for await (const { type, delta = '' } of answer.fullStream) {
      if (type !== 'tool-input-delta') continue;
      pieces.push(delta);
      yield delta;
    }
  }
  return {
    textStream: structured ? toolInput() : answer.textStream,
    text: structured ? answer.finishReason.then(() => pieces.join('')) : answer.text,
    usage: answer.usage.then(asUsage),
    finishReason: answer.finishReason,
    ...(native ? { toolCalls: answer.toolCalls.then((calls) => calls.map(asCall)), providerMetadata: METADATA } : {}),
  };
}

function asCall({ toolCallId, toolName, input }: SdkToolCall): ToolCall {
  return { id: toolCallId, name: toolName, arguments: input };
}

function asUsage({ inputTokens = 0, outputTokens = 0, totalTokens = 0 }: Answer['usage']) {
  return { promptTokens: inputTokens, completionTokens: outputTokens, totalTokens };
}
