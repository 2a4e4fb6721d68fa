import type { ModelHandler, Plugin, TextStreamResult } from '@elizaos/core';
import type { Agent } from 'undici';

/** One way to ask a chat model. */
export interface BenchClient {
  /** A plain call. */
  call?(): Promise<string>;
  /** A streamed call; `onText` gets each piece. */
  stream?(onText: (text: string) => void): Promise<void>;
}

/** Pool size of every client that has one, and requests in flight in the measurement under load. */
export const CONNECTIONS = 50;
const PROMPT = 'What is the answer to everything?';
const PATH = '/v1/chat/completions';
const PLAIN = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: PROMPT }] });
const STREAMED = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: PROMPT }], stream: true });
const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };

interface ChatReply {
  choices: { message: { content: string } }[];
}
interface ChatChunk {
  choices: { delta: { content?: string } }[];
}

/** Creates the clients, by the name in the tables. Each is loaded only in the process that uses it. */
export const CLIENTS: Record<string, (url: string) => Promise<BenchClient>> = {
  'undici pooled': async (url) => {
    const { request } = await import('undici');
    const dispatcher = await pool();
    return {
      async call() {
        const { body } = await request(url + PATH, { method: 'POST', headers: HEADERS, body: PLAIN, dispatcher });
        return ((await body.json()) as ChatReply).choices[0]?.message.content ?? '';
      },
    };
  },

  'undici + eventsource-parser': async (url) => {
    const { request } = await import('undici');
    const { createParser } = await import('eventsource-parser');
    const dispatcher = await pool();
    return {
      async stream(onText) {
        const { body } = await request(url + PATH, { method: 'POST', headers: HEADERS, body: STREAMED, dispatcher });
        const parser = createParser({
          onEvent({ data }) {
            if (data === '[DONE]') return;
            const text = (JSON.parse(data) as ChatChunk).choices[0]?.delta.content;
            if (text) onText(text);
          },
        });
        const decoder = new TextDecoder();
        for await (const bytes of body) parser.feed(decoder.decode(bytes, { stream: true }));
      },
    };
  },

  'bare handler, useModel': async (url) => {
    const { request } = await import('undici');
    const dispatcher = await pool();
    const bare: Plugin = {
      name: 'bare',
      description: 'A handler that does nothing but the request',
      models: {
        TEXT_LARGE: async (_runtime, params) => {
          const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: params.prompt }] });
          const response = await request(url + PATH, { method: 'POST', headers: HEADERS, body, dispatcher });
          return ((await response.body.json()) as ChatReply).choices[0]?.message.content ?? '';
        },
      },
    };
    return useModel([bare], {});
  },

  'this plugin, useModel': async (url) => useModel([await thisPlugin()], settingsOf(url)),

  'this plugin, primary down': async (url) => {
    const down: Plugin = {
      name: 'down',
      description: 'A primary that is rate limited',
      models: { TEXT_LARGE: () => Promise.reject(Object.assign(new Error('Too Many Requests'), { statusCode: 429 })) },
    };
    return useModel([down, await thisPlugin()], settingsOf(url));
  },

  'this plugin, handler': async (url) => {
    const { runtime } = await createRuntime([await thisPlugin()], settingsOf(url));
    const [{ handler }] = runtime.models.get('TEXT_LARGE') as [ModelHandler];
    return {
      async stream(onText) {
        const result = (await handler(runtime, { prompt: PROMPT, stream: true })) as TextStreamResult;
        for await (const text of result.textStream) onText(text);
      },
    };
  },

  fetch: async (url) => ({
    async call() {
      const response = await fetch(url + PATH, { method: 'POST', headers: HEADERS, body: PLAIN });
      return ((await response.json()) as ChatReply).choices[0]?.message.content ?? '';
    },
  }),

  'OpenAI SDK': async (url) => {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-bench' });
    const request = { model: 'bench', messages: [{ role: 'user' as const, content: PROMPT }] };
    return {
      async call() {
        return (await client.chat.completions.create(request)).choices[0]?.message.content ?? '';
      },
      async stream(onText) {
        for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
          const text = chunk.choices[0]?.delta.content;
          if (text) onText(text);
        }
      },
    };
  },

  'AI SDK': async (url) => {
    const { generateText, streamText } = await import('ai');
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    const model = createOpenAICompatible({ name: 'bench', baseURL: `${url}/v1`, apiKey: 'sk-bench' })('bench');
    return {
      async call() {
        return (await generateText({ model, prompt: PROMPT })).text;
      },
      async stream(onText) {
        for await (const text of streamText({ model, prompt: PROMPT }).textStream) onText(text);
      },
    };
  },

  'plugin-openai, useModel': async (url) => {
    // It prints three warnings for every call. Without them it is a quarter faster.
    (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
    const { default: openai } = await import('@elizaos/plugin-openai');
    return useModel([openai], {
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_API_KEY: 'sk-bench',
      OPENAI_LARGE_MODEL: 'bench',
    });
  },
};

async function pool(): Promise<Agent> {
  const { Agent } = await import('undici');
  return new Agent({ connections: CONNECTIONS, pipelining: 1 });
}

/** The built package, as agents load it: tsx wraps every function of the sources. */
async function thisPlugin(): Promise<Plugin> {
  return (await import(new URL('../../dist/index.js', import.meta.url).href)).default;
}

function settingsOf(url: string): Record<string, string> {
  return {
    ELIZANET_BASE_URL: url,
    ELIZANET_API_KEY: 'sk-bench',
    ELIZANET_LARGE_MODEL: 'bench',
    ELIZANET_MAX_CONCURRENCY: String(CONNECTIONS),
  };
}

async function createRuntime(plugins: Plugin[], settings: Record<string, string>) {
  const helper = await import('../../lab/runtime.js');
  return helper.createRuntime({ plugins, settings });
}

async function useModel(plugins: Plugin[], settings: Record<string, string>): Promise<BenchClient> {
  const { runtime, logs } = await createRuntime(plugins, settings);
  return {
    async call() {
      const answer = await runtime.useModel('TEXT_LARGE', { prompt: PROMPT });
      // The test database keeps core's log entries, which would count as the client's memory.
      logs.length = 0;
      return answer;
    },
    async stream(onText) {
      await runtime.useModel('TEXT_LARGE', { prompt: PROMPT, onStreamChunk: onText });
      logs.length = 0;
    },
  };
}
