import type { Plugin } from '@elizaos/core';
import { createElizaNetFallbackPlugin, type ElizaNetFallbackOptions } from '../src/index.js';
import { type Handler, provider } from '../src/suites/providers.js';
import { createRuntime, type TestRuntime, type TestRuntimeOptions } from './runtime.js';
import { type StandIn, type StandInOptions, startStandIn } from './stand-in/server.js';

/** What ElizaNet answers unless a test says otherwise. */
export const ELIZANET_ANSWER = 'ElizaNet answers this one.';

export type { Handler };

export interface Guarded extends TestRuntime {
  /** Acts as ElizaNet. */
  elizaNet: StandIn;
  /** The plugin's events and `MODEL_USED`, in order. */
  events: { name: string; payload: Record<string, unknown> }[];
}

export interface GuardedOptions extends Partial<TestRuntimeOptions> {
  options?: ElizaNetFallbackOptions;
  elizaNet?: StandInOptions;
}

const EVENTS = [
  'MODEL_USED',
  'ELIZANET_FAILED_OVER',
  'ELIZANET_UNANSWERED',
  'ELIZANET_STAND_IN_SERVED',
  'ELIZANET_BREAKER_CHANGED',
  'ELIZANET_OUTAGE_NOTICE',
  'ELIZANET_BUDGET_REACHED',
  'ELIZANET_ENDPOINT_HEALTH_CHANGED',
];

/** A real runtime with the given primaries, this plugin, and a stand-in as its ElizaNet. */
export async function createGuarded({ options, elizaNet: script, ...rest }: GuardedOptions = {}): Promise<Guarded> {
  const elizaNet = await startStandIn({ text: ELIZANET_ANSWER, object: { by: 'elizanet' }, ...script });
  const plugin = createElizaNetFallbackPlugin(options);
  const test = await createRuntime({
    ...rest,
    plugins: [...(rest.plugins ?? []), plugin],
    // A test that moves the time by hand knows every timer: checks of health are left to the tests that ask for them.
    settings: {
      ELIZANET_BASE_URL: elizaNet.url,
      ...(options?.clock ? { ELIZANET_HEALTH_INTERVAL: 'off' } : {}),
      ...rest.settings,
    },
  });
  const events: Guarded['events'] = [];
  for (const name of EVENTS) {
    test.runtime.registerEvent(name, async (payload) => {
      events.push({ name, payload: payload as unknown as Record<string, unknown> });
    });
  }
  const stop = async () => {
    await test.stop();
    await elizaNet.close();
  };
  return { ...test, elizaNet, events, stop };
}

/** A primary with these handlers, which receive the params that core passes. */
export const primary = (models: Record<string, Handler>, name = 'primary'): Plugin => provider(models, name);

/** An error with a `statusCode`, as provider SDKs throw it. */
export function statusError(statusCode: number, message = 'The provider says no'): Error {
  return Object.assign(new Error(message), { statusCode });
}

/** A primary's stream result: these pieces, then this end. */
export function textStream(
  pieces: string[],
  end: { finishReason?: string | Promise<string>; throws?: unknown; stalls?: boolean } = {},
) {
  const { finishReason = 'stop', throws, stalls } = end;
  async function* chunks() {
    yield* pieces;
    if (throws) throw throws;
    if (stalls) await new Promise(() => {});
  }
  const never = new Promise<never>(() => {});
  return {
    textStream: chunks(),
    text: throws || stalls ? never : Promise.resolve(pieces.join('')),
    usage: throws || stalls ? never : Promise.resolve(undefined),
    finishReason: throws || stalls ? never : Promise.resolve(finishReason),
  };
}

/** An `onStreamChunk` callback, and the chunks that it received. */
export function collector(): { chunks: string[]; onStreamChunk: (chunk: string) => void } {
  const chunks: string[] = [];
  return { chunks, onStreamChunk: (chunk) => void chunks.push(chunk) };
}

/** Reads a stream to its end. */
export async function joined(stream: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
