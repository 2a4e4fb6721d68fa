import { expect, it } from 'vitest';
import { createNextGuarded } from '../../../lab/next-core/guarded.js';
import { STAGE_1 } from '../../../lab/next-core/native.js';
import { startStandIn } from '../../../lab/stand-in/server.js';
import { ensurePackages } from '../packages.js';
import { aiSdkPrimary, loadAiSdk } from './ai-sdk-primary.js';

interface NativeAnswer {
  text: string;
  toolCalls: { id: string; name: string; arguments: { word?: string } }[];
}

const TOOL = {
  name: 'LOOK_UP',
  description: 'Looks a word up',
  parameters: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
};

/** Asks for one word after the other, then answers with a text. */
const model = (name: string) => ({
  text: `${name} knows both words.`,
  toolCall({ messages }: Record<string, unknown>) {
    const results = (messages as { role: string }[]).filter(({ role }) => role === 'tool').length;
    const words = ['fox', 'dog'];
    if (results >= words.length) return undefined;
    return { id: `call_${name}_${results}`, name: TOOL.name, arguments: JSON.stringify({ word: words[results] }) };
  },
});

/** The tool calls and results in a request body, in order. */
const history = (body: Record<string, unknown> | undefined) =>
  ((body?.messages ?? []) as { tool_calls?: { id: string }[]; tool_call_id?: string }[]).flatMap(
    ({ tool_calls = [], tool_call_id }) => [...tool_calls.map(({ id }) => `calls ${id}`), tool_call_id ?? []].flat(),
  );

it('an agent loop goes on at ElizaNet with the same tool call ids, and back', async () => {
  const sdk = await loadAiSdk(await ensurePackages(new URL('.', import.meta.url)));
  const upstream = await startStandIn(model('primary'));
  const guarded = await createNextGuarded({ plugins: [aiSdkPrimary(sdk, upstream.url)], elizaNet: model('elizanet') });
  const messages: object[] = [...STAGE_1.messages];
  const turn = async (): Promise<NativeAnswer> => {
    const params = { messages: [...messages], tools: [TOOL], toolChoice: 'auto' };
    const answer = (await guarded.runtime.useModel('ACTION_PLANNER' as 'TEXT_LARGE', params as never)) as unknown;
    const { text, toolCalls } = answer as NativeAnswer;
    messages.push({ role: 'assistant', content: text || null, toolCalls });
    for (const { id: toolCallId, name, arguments: args } of toolCalls) {
      messages.push({ role: 'tool', toolCallId, name, content: `${args.word} is a word` });
    }
    return { text, toolCalls };
  };

  expect((await turn()).toolCalls).toEqual([{ id: 'call_primary_0', name: 'LOOK_UP', arguments: { word: 'fox' } }]);

  upstream.fault = { kind: 'status', status: 503 };
  expect((await turn()).toolCalls).toEqual([{ id: 'call_elizanet_1', name: 'LOOK_UP', arguments: { word: 'dog' } }]);
  expect(history(guarded.elizaNet.calls.at(-1)?.body)).toEqual(['calls call_primary_0', 'call_primary_0']);

  upstream.fault = { kind: 'none' };
  expect(await turn()).toEqual({ text: 'primary knows both words.', toolCalls: [] });
  expect(history(upstream.calls.at(-1)?.body)).toEqual([
    'calls call_primary_0',
    'call_primary_0',
    'calls call_elizanet_1',
    'call_elizanet_1',
  ]);
  await guarded.stop();
  await upstream.close();
}, 600_000);
