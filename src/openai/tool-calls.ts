import { isRecord } from '../core/is-record.js';
import type { Message } from './schemas.js';

/** A tool call as a model sent it. Nothing of it is checked. */
export interface SentCall {
  id?: string;
  name?: string;
  /** JSON text, '' when none were sent; an object from servers that do not write it as text. */
  arguments: string | Record<string, unknown>;
}

interface Entry extends SentCall {
  index?: number;
}

/** The tool calls of a message that is not streamed, in its own form or the older one of a single `function_call`. */
export function toolCallsIn(message: Message): SentCall[] {
  return entriesOf(message).map(({ index: _, ...call }) => call);
}

/**
 * Puts the tool calls of a stream together. Only the first delta of a call has its id and name. Deltas belong to the call
 * with their `index`, also when several calls come interleaved. Servers that send no index send an id with each new call;
 * some send index 0 with all of them, and then another id and a name begin another call.
 */
export class ToolCallCollector {
  readonly #calls: Entry[] = [];

  /** In the order of their indexes. */
  get calls(): SentCall[] {
    const place = new Map(this.#calls.map((call, arrival) => [call, call.index ?? arrival]));
    const inOrder = [...this.#calls].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    return inOrder.map(({ index: _, ...call }) => call);
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** @returns the text of arguments that the delta adds, of whichever call. */
  addDelta(delta: Message): string {
    const entries = entriesOf(delta);
    return entries.map((entry, position) => this.#add(entry, entries.length > 1 ? position : undefined)).join('');
  }

  /** Adds the calls of a whole message inside a stream. @returns the text of their arguments. */
  addMessage(message: Message): string {
    return entriesOf(message)
      .map((entry) => {
        this.#calls.push(entry);
        return textOf(entry);
      })
      .join('');
  }

  #add(entry: Entry, position: number | undefined): string {
    const known = this.#find(entry, position);
    if (!known) {
      this.#calls.push(entry);
      return textOf(entry);
    }
    known.id ??= entry.id;
    // Some servers repeat the name.
    known.name ??= entry.name;
    if (typeof entry.arguments === 'string' && typeof known.arguments === 'string') known.arguments += entry.arguments;
    else if (known.arguments === '') known.arguments = entry.arguments;
    else return '';
    return textOf(entry);
  }

  #find({ index, id, name }: Entry, position: number | undefined): Entry | undefined {
    if (index !== undefined) {
      const known = this.#calls.filter((call) => call.index === index).at(-1);
      return known?.id && id && known.id !== id && name ? undefined : known;
    }
    if (id !== undefined) return this.#calls.find((call) => call.id === id);
    return position === undefined ? this.#calls.at(-1) : this.#calls[position];
  }
}

function textOf({ arguments: args }: SentCall): string {
  return typeof args === 'string' ? args : JSON.stringify(args);
}

function entriesOf({ tool_calls, function_call }: Message): Entry[] {
  if (Array.isArray(tool_calls) && tool_calls.length > 0) return tool_calls.filter(isRecord).map(entryOf);
  return isRecord(function_call) ? [entryOf({ function: function_call })] : [];
}

function entryOf({ index, id, function: called }: Record<string, unknown>): Entry {
  const { name, arguments: args } = isRecord(called) ? called : ({} as Record<string, unknown>);
  return {
    index: typeof index === 'number' ? index : undefined,
    id: typeof id === 'string' && id.trim() ? id : undefined,
    name: typeof name === 'string' && name.trim() ? name : undefined,
    arguments: typeof args === 'string' || isRecord(args) ? args : '',
  };
}
