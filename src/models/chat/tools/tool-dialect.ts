import type { ChatRequest, Tool } from '../../../openai/chat-body.js';
import { FIELD_REFUSAL, mentions, namesAsField } from '../../dialect/named-field.js';
import { toolsInWords } from './tools-in-words.js';

const TOOLS = 'tools';
const CHOICE = 'tool_choice';
const STRICT = 'strict tools';

/**
 * A model without tools. Ollama: "… does not support tools"; vLLM without a parser: "\"auto\" tool choice requires
 * --enable-auto-tool-choice"; OpenRouter: "No endpoints found that support tool use"; others: "tool calling is not supported".
 */
const NO_TOOLS =
  /support (?:tools|tool[ _-](?:use|calls?|calling)|function[ _-]calling)|(?:tools|tool[ _-](?:use|calls?|calling)|function[ _-]calling) (?:is|are) not|requires --enable-auto-tool-choice/;
/** OpenAI: "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied". */
const SCHEMA_REFUSAL = /invalid schema for (?:function|tool)/;

/** @returns the request as its model takes it: without `strict`, without a choice, or with the tools in words. */
export function adaptTools(request: ChatRequest, isRefused: (feature: string) => boolean): ChatRequest {
  if (isRefused(TOOLS) && (request.tools || request.messages.some(({ role }) => role === 'tool'))) {
    const { tools: _, tool_choice: __, ...rest } = request;
    return { ...rest, model: request.model, messages: toolsInWords(request) };
  }
  const { tools } = request;
  if (!tools) return request;
  const adapted = { ...request };
  if (isRefused(CHOICE)) delete adapted.tool_choice;
  if (tools.some((tool) => isStrict(tool) && (isRefused(STRICT) || isRefused(strictFor(tool))))) {
    adapted.tools = tools.map((tool) => (isRefused(STRICT) || isRefused(strictFor(tool)) ? lax(tool) : tool));
  }
  return adapted;
}

/** True for a refusal of a tool's schema, which can quote any name in it. */
export function isAboutToolSchema(words: string): boolean {
  return SCHEMA_REFUSAL.test(words);
}

/** The features of tools that a refusal is about. */
export function refusedToolFeatures(words: string, sent: ChatRequest): readonly string[] {
  if (!sent.tools) return [];
  const strict = sent.tools.filter(isStrict);
  if (isAboutToolSchema(words)) {
    const named = strict.filter(({ function: { name } }) => words.includes(name.toLowerCase()));
    return (named.length > 0 ? named : strict).map(strictFor);
  }
  if (NO_TOOLS.test(words)) return [TOOLS];
  const isRefusal = FIELD_REFUSAL.test(words);
  const isNamed = isRefusal && namesAsField(words, TOOLS);
  // Anthropic: "Thinking may not be enabled when tool_choice forces tool use."
  if (sent.tool_choice && mentions(words, CHOICE)) return isNamed ? [TOOLS, CHOICE] : [CHOICE];
  // `tools[0].function.strict` names the list as well.
  if (isRefusal && strict.length > 0 && /\bstrict\b/.test(words)) return [STRICT];
  return isNamed ? [TOOLS] : [];
}

function isStrict({ function: { strict } }: Tool): boolean {
  return strict === true;
}

function lax({ type, function: { strict: _, ...called } }: Tool): Tool {
  return { type, function: called };
}

/** The schema of one tool. Its first line is the name of the feature. */
function strictFor({ function: { parameters } }: Tool): string {
  return `${STRICT} (for one schema)\n${JSON.stringify(parameters)}`;
}
