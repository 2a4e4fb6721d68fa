import type { Plugin } from '@elizaos/core';
import { openai } from '../../lab/primaries.js';
import { createRuntime } from '../../lab/runtime.js';
import { type StandIn, type StandInOptions, startStandIn } from '../../lab/stand-in/server.js';
import { createElizaNetFallbackPlugin } from '../../src/index.js';

export interface OpenAiAgent {
  upstream: StandIn;
  elizaNet: StandIn;
  /** Calls TEXT_LARGE. @returns the answer, and the streamed chunks joined. */
  ask(
    number: number,
    options?: { streamed?: boolean; provider?: string },
  ): Promise<{ answer: unknown; chunks: string }>;
}

export interface OpenAiAgentOptions {
  settings?: Record<string, string>;
  upstream?: StandInOptions;
  elizaNet?: StandInOptions;
  /** Transforms the published plugin before it is registered. */
  plugin?: (published: Plugin) => Plugin;
}

/** The number of the call that a request belongs to. Prompts carry it, and answers repeat it. */
export function numberOf(body: object): number {
  return Number(/call (\d+)/.exec(JSON.stringify(body))?.[1] ?? Number.NaN);
}

export function answerOf(by: 'OpenAI' | 'ElizaNet', number: number): string {
  return `${by} answers call ${number} in a few words.`;
}

/** A runtime with the published plugin-openai, and stand-ins for OpenAI and ElizaNet. A healthy call has loaded the SDK. */
export async function openAiAgent(options: OpenAiAgentOptions = {}): Promise<OpenAiAgent> {
  const upstream = await startStandIn({ text: (body) => answerOf('OpenAI', numberOf(body)), ...options.upstream });
  const elizaNet = await startStandIn({ text: (body) => answerOf('ElizaNet', numberOf(body)), ...options.elizaNet });
  const published = await openai.load();
  const { runtime } = await createRuntime({
    plugins: [options.plugin?.(published) ?? published, createElizaNetFallbackPlugin()],
    settings: { ...openai.settings(upstream.url), ELIZANET_BASE_URL: elizaNet.url, ...options.settings },
  });
  const ask: OpenAiAgent['ask'] = async (number, { streamed = false, provider } = {}) => {
    let chunks = '';
    const onStreamChunk = (chunk: string) => {
      chunks += chunk;
    };
    const params = { prompt: `call ${number}`, ...(streamed ? { onStreamChunk } : {}) };
    const answer: unknown = await runtime.useModel('TEXT_LARGE', params, provider);
    return { answer, chunks };
  };
  await ask(0);
  return { upstream, elizaNet, ask };
}
