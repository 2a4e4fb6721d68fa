import type { TextStreamResult } from '@elizaos/core';
import { afterEach } from 'vitest';
import { createGuarded, type Guarded, type GuardedOptions } from '../../../../lab/guarded.js';
import type { Fault } from '../../../../lab/stand-in/fault.js';
import type { StandIn } from '../../../../lab/stand-in/server.js';
import type { NativeStreamResult } from '../../../../src/models/chat/chat-text-stream.js';
import type { NativeResult } from '../../../../src/models/chat/native-result.js';

let current: Guarded | undefined;

afterEach(async () => {
  await current?.stop();
  current = undefined;
});

export type Params = Record<string, unknown>;
export type Message = Record<string, unknown> & { role: string; content: unknown };

/** A real agent of core 1.7.2 whose only provider is ElizaNet. Its handlers are called as core 2.x calls them. */
export class NativeAgent {
  constructor(readonly guarded: Guarded) {}

  /** Calls the registered handler with deeply frozen params, as core 2.x does. */
  async call(params: Params, type: 'TEXT_SMALL' | 'TEXT_LARGE' = 'TEXT_LARGE'): Promise<unknown> {
    const { runtime } = this.guarded;
    return runtime.getModel(type)?.(runtime, deepFrozen(params) as never);
  }

  ask(params: Params): Promise<NativeResult> {
    return this.call(params) as Promise<NativeResult>;
  }

  stream(params: Params): Promise<NativeStreamResult> {
    return this.call({ ...params, stream: true }) as Promise<NativeStreamResult>;
  }

  textStream(params: Params): Promise<TextStreamResult> {
    return this.stream(params);
  }

  /** The bodies of all requests. */
  get sent(): Params[] {
    return this.guarded.elizaNet.calls.map(({ body }) => body);
  }

  /** The body of the last request. */
  get last(): Params {
    return this.sent.at(-1) ?? {};
  }

  get messages(): Message[] {
    return this.last.messages as Message[];
  }
}

/** @param fault how ElizaNet answers. */
export async function startAgent(fault?: StandIn['fault'], options: GuardedOptions = {}): Promise<NativeAgent> {
  await current?.stop();
  current = await createGuarded({ plugins: [], ...options });
  if (fault) current.elizaNet.fault = fault;
  return new NativeAgent(current);
}

/** Makes the agent's core one that takes an answer that was cut off for an error. */
export function rejectCutAnswers({ guarded }: NativeAgent): void {
  Object.assign(guarded.runtime, { supportsModelAttemptPreparation: true });
}

export function failureOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return promise.then(
    (value) => {
      throw new Error(`answered ${JSON.stringify(value)}`);
    },
    (error) => error,
  );
}

/** A deep copy of plain data, frozen; other objects, such as signals and bytes, as they are. */
function deepFrozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(deepFrozen));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Params = {};
  for (const [key, child] of Object.entries(value)) copy[key] = deepFrozen(child);
  return Object.freeze(copy);
}

export const user = (content: unknown): Message => ({ role: 'user', content });
export const assistant = (content: unknown, more: Params = {}): Message => ({ role: 'assistant', content, ...more });
export const system = (content: unknown): Message => ({ role: 'system', content });

export const LOOK_UP = {
  name: 'LOOK_UP',
  description: 'Looks a word up.',
  parameters: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
};
export const CLOCK = { name: 'CLOCK', description: 'Tells the time.', parameters: { type: 'object', properties: {} } };

/** A tool call in a message of OpenAI's. */
export const wireCall = (id: string, name: string, args: unknown) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});

export type { Fault };
