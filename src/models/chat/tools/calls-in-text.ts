import { isRecord } from '../../../core/is-record.js';
import type { SentCall } from '../../../openai/tool-calls.js';
import { readJson } from '../../object/read-json.js';
import { withoutThinking } from '../../object/without-thinking.js';
import { mustCall, type OfferedTools } from './read-tools.js';

/**
 * The tool calls in the text of a model that was told its tools in words: JSON with the name of an offered tool and its
 * arguments, in a list or alone. Where the one tool that there is has to be called, an object without a name is its
 * arguments.
 * @param cut the token limit cut the text off.
 * @returns an empty list for a text that calls nothing.
 */
export function callsInText(text: string, offered: OfferedTools, cut: boolean): SentCall[] {
  const values = readJson(withoutThinking(text, { cut }), { cut });
  for (const value of values) {
    const calls = listOf(value).map((entry) => callIn(entry, offered.names));
    const found = calls.filter((call) => call !== undefined);
    if (found.length > 0 && found.length === calls.length) return found;
  }
  const [value] = values;
  const only = onlyTool(offered);
  return only !== undefined && isRecord(value) && !('tool_calls' in value) ? [{ name: only, arguments: value }] : [];
}

function listOf(value: unknown): readonly unknown[] {
  const calls = isRecord(value) && 'tool_calls' in value ? value.tool_calls : value;
  return Array.isArray(calls) ? calls : [calls];
}

function callIn(entry: unknown, names: ReadonlyMap<string, string>): SentCall | undefined {
  if (!isRecord(entry)) return undefined;
  const call = isRecord(entry.function) ? entry.function : entry;
  const name = call.name ?? call.tool ?? call.toolName;
  const args = call.arguments ?? call.args ?? call.parameters ?? call.input ?? {};
  if (typeof name !== 'string' || !names.has(name)) return undefined;
  return isRecord(args) || typeof args === 'string' ? { name, arguments: args } : undefined;
}

function onlyTool(offered: OfferedTools): string | undefined {
  if (!mustCall(offered)) return undefined;
  if (typeof offered.choice === 'object') return offered.choice.function.name;
  return offered.tools.length === 1 ? offered.tools[0]?.function.name : undefined;
}
