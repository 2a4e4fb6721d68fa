import { InvalidInputError } from '../../../core/errors.js';
import { isRecord } from '../../../core/is-record.js';
import type { Tool, ToolChoice } from '../../../openai/chat-body.js';
import { allowsStrict } from '../../object/json-schema.js';
import { schemaOf } from '../schema-of.js';
import { toolNameFor } from './tool-name.js';

export interface OfferedTools {
  /** As they are sent. */
  tools: readonly Tool[];
  /** The caller's names, by those that are sent. */
  names: ReadonlyMap<string, string>;
  choice?: ToolChoice;
}

/**
 * Reads the `tools` and the `toolChoice` of a call's params: core's own list, OpenAI's, or the AI SDK's record by name.
 * Schemas are sent as they are; `strict` only where the tool asks for it and its schema allows it.
 * @returns undefined when no tool is given: a choice without tools is a 400 of OpenAI.
 * @throws {InvalidInputError} for a tool without a name, two tools of one name, and a schema that is not JSON.
 */
export async function readTools(tools: unknown, choice: unknown): Promise<OfferedTools | undefined> {
  const given = entriesOf(tools);
  if (given.length === 0) return undefined;
  const names = new Map<string, string>();
  const read: Tool[] = [];
  for (const [index, tool] of given.entries()) {
    const { name } = tool;
    if (typeof name !== 'string' || name.trim() === '') throw new InvalidInputError(`tools[${index}] has no name`);
    const sentName = toolNameFor(name);
    if (names.has(sentName)) throw new InvalidInputError(`tools[${index}] has the name of another tool`);
    names.set(sentName, name);
    read.push(await readTool(sentName, tool));
  }
  return { tools: read, names, choice: choiceOf(choice, names) };
}

type GivenTool = Record<string, unknown>;

function entriesOf(tools: unknown): GivenTool[] {
  if (Array.isArray(tools))
    return tools.map((tool) => (isRecord(tool) && isRecord(tool.function) ? tool.function : asTool(tool)));
  return isRecord(tools) ? Object.entries(tools).map(([name, tool]) => ({ ...asTool(tool), name })) : [];
}

function asTool(tool: unknown): GivenTool {
  return isRecord(tool) ? tool : {};
}

async function readTool(name: string, given: GivenTool): Promise<Tool> {
  const { description, strict } = given;
  // Some servers insist on `properties`.
  const parameters = (await schemaOf(given.inputSchema ?? given.parameters)) ?? { type: 'object', properties: {} };
  return {
    type: 'function',
    function: {
      name,
      description: typeof description === 'string' && description ? description : undefined,
      parameters,
      strict: strict === true && allowsStrict(parameters) ? true : undefined,
    },
  };
}

/**
 * `'auto'`, `'none'` and `'required'`, or the name of a tool in the forms of the AI SDK, core and OpenAI. A tool that is not
 * offered cannot be called, so any one of those that are has to be.
 */
function choiceOf(choice: unknown, names: ReadonlyMap<string, string>): ToolChoice | undefined {
  const { type, toolName, name, function: called } = isRecord(choice) ? choice : { type: choice };
  if (type === 'auto' || type === 'none' || type === 'required') return type;
  const chosen = [toolName, name, isRecord(called) ? called.name : undefined].find((text) => typeof text === 'string');
  if (typeof chosen !== 'string') return undefined;
  const sentName = toolNameFor(chosen);
  return names.has(sentName) ? { type: 'function', function: { name: sentName } } : 'required';
}

/** True when the model has to call a tool. */
export function mustCall({ choice }: OfferedTools): boolean {
  return choice === 'required' || typeof choice === 'object';
}
