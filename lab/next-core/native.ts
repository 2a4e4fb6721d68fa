/** Native calls and their results, as core 2.x and its providers exchange them. */

export interface ToolCall {
  id: string;
  name: string;
  arguments: Record<string, unknown>;
}

export const TOOL_CALL: ToolCall = { id: 'call_1', name: 'HANDLE_RESPONSE', arguments: { reply: 'Hello' } };

/** The params of the message loop's first call. */
export const STAGE_1 = {
  messages: [{ role: 'user', content: 'Hello' }],
  tools: [
    {
      name: 'HANDLE_RESPONSE',
      description: 'Handles the message',
      parameters: { type: 'object', properties: { reply: { type: 'string' } }, required: ['reply'] },
    },
  ],
  toolChoice: 'required',
};

const USAGE = { promptTokens: 7, completionTokens: 3, totalTokens: 10 };

/** A native result: one tool call, unless it says otherwise. */
export function nativeResult(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    text: '',
    toolCalls: [TOOL_CALL],
    finishReason: 'tool-calls',
    usage: USAGE,
    providerMetadata: { modelName: 'm', provider: 'primary' },
    ...fields,
  };
}

export interface NativeStreamEnd {
  toolCalls?: unknown;
  finishReason?: unknown;
  usage?: unknown;
  /** Thrown after the last piece. */
  throws?: unknown;
  /** Waits for this before it ends. */
  until?: Promise<unknown>;
}

/** A native stream: these pieces of text, then one tool call unless it says otherwise. */
export function nativeStream(pieces: readonly string[], end: NativeStreamEnd = {}) {
  const { toolCalls = [TOOL_CALL], finishReason = 'tool-calls', usage = USAGE, throws, until } = end;
  async function* chunks() {
    yield* pieces;
    await until;
    if (throws) throw throws;
  }
  const settled = async <T>(value: T | Promise<T>) => {
    await until;
    return value;
  };
  return {
    textStream: chunks(),
    text: settled(pieces.join('')),
    toolCalls: settled(toolCalls),
    usage: settled(usage),
    finishReason: settled(finishReason),
    providerMetadata: { modelName: 'm', provider: 'primary' },
  };
}
