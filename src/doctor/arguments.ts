import { parseArgs } from 'node:util';
import { printable } from './printable.js';

/** The options of all commands. `strict` of `parseArgs` is off: its messages print arguments as they are. */
const OPTIONS = {
  character: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  agent: { type: 'string' },
  json: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type OptionName = keyof typeof OPTIONS;

/** The commands, with the options that each takes. */
const COMMANDS = {
  doctor: ['character', 'url', 'key', 'json'],
  status: ['url', 'agent', 'json'],
} as const satisfies Record<string, readonly OptionName[]>;

export type Command = keyof typeof COMMANDS;

export interface Arguments {
  /** Absent with `help` or `version` alone. */
  command?: Command;
  character?: string;
  url?: string;
  key?: string;
  agent?: string;
  json?: boolean;
  version?: boolean;
  help?: boolean;
}

/** @returns the arguments, or what is wrong with them. */
export function readArguments(args: string[]): Arguments | { problem: string } {
  const { values, tokens } = parseArgs({ args, options: OPTIONS, strict: false, allowPositionals: true, tokens: true });
  const commands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') commands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!Object.hasOwn(OPTIONS, name)) return { problem: `There is no option ${printable(rawName)}` };
    const takesValue = OPTIONS[name as keyof typeof OPTIONS].type === 'string';
    if (takesValue && (!value || value.startsWith('-'))) return { problem: `${rawName} needs a value` };
    if (!takesValue && value !== undefined) return { problem: `${rawName} takes no value` };
  }
  const [command, ...more] = commands;
  const isInfo = values.help || values.version;
  if (command === undefined && !isInfo) return { problem: 'The command is missing' };
  if (command === undefined) return values as Arguments;
  if (!isCommand(command)) return { problem: `There is no command ${printable(command)}` };
  if (more.length > 0) return { problem: `${command} takes no argument ${printable(more.join(' '))}` };
  const taken: readonly string[] = [...COMMANDS[command], 'help', 'version'];
  const foreign = Object.keys(values).find((name) => !taken.includes(name));
  if (foreign) return { problem: `${command} takes no option --${foreign}` };
  return { command, ...values } as Arguments;
}

function isCommand(word: string): word is Command {
  return Object.hasOwn(COMMANDS, word);
}
