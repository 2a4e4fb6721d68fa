import type { ChatMessage, ChatRequest, Tool } from '../../../openai/chat-body.js';
import { resultInWords } from '../messages/pair-results.js';
import { withInstructions } from '../with-instructions.js';

/** The form in which a model without tools is to write its calls. Read by `callsInText`. */
const FORM = '{"tool_calls": [{"name": "…", "arguments": {…}}]}';

/**
 * The messages of a request for a model that takes no tools: the tools are described in the system message, and the calls
 * and results of earlier turns are told in words.
 */
export function toolsInWords({ messages, tools = [], tool_choice: choice }: ChatRequest): readonly ChatMessage[] {
  const told = messages.map(turnInWords);
  if (tools.length === 0 || choice === 'none') return told;
  const chosen = typeof choice === 'object' ? choice.function.name : undefined;
  const offered = chosen === undefined ? tools : tools.filter((tool) => tool.function.name === chosen);
  const must = chosen !== undefined || choice === 'required';
  const when = must ? 'Call' : 'If a tool is needed, call';
  const otherwise = must ? '' : ' Otherwise answer in plain text.';
  return withInstructions(
    told,
    `You have these tools:\n${offered.map(described).join('\n')}\n${when} ${chosen ?? (tools.length === 1 ? 'it' : 'one or more of them')} by answering with a JSON object of this form and nothing else: ${FORM}.${otherwise}`,
  );
}

function described({ function: { name, description, parameters } }: Tool): string {
  return JSON.stringify({ name, description, parameters });
}

function turnInWords(message: ChatMessage): ChatMessage {
  const { role, content, tool_calls } = message;
  if (role === 'tool') return resultInWords(message);
  if (!tool_calls) return message;
  const calls = tool_calls.map(({ function: { name, arguments: args } }) => ({ name, arguments: parsed(args) }));
  const said = [typeof content === 'string' ? content : '', JSON.stringify({ tool_calls: calls })];
  return { role, content: said.filter((text) => text !== '').join('\n') };
}

function parsed(args: string): unknown {
  try {
    return JSON.parse(args);
  } catch {
    return args;
  }
}
