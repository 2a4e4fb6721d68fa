import { isObject } from './is-record.js';

/** The answer of a native call, of core 2.x: the text and the tool calls of one model. */
interface NativeAnswer {
  text: string;
  [field: string]: unknown;
}

export function isNativeAnswer(value: unknown): value is NativeAnswer {
  return isObject(value) && !Array.isArray(value) && typeof value.text === 'string';
}

/**
 * How answers end that are none: without a reason, by an error, or with calls that are missing. An answer that was cut by
 * a limit is not one of them: core 2.x throws an error of its own for it.
 */
const NO_END: readonly string[] = ['', 'unknown', 'other', 'error', 'tool_calls', 'function_call'];

/**
 * Whether a result is a native one without any output: blank text, no tool calls, and no normal end. With a normal end the
 * model had nothing to say.
 */
export function hasNoOutput(result: unknown): boolean {
  if (!isNativeAnswer(result) || /\S/.test(result.text)) return false;
  // core reads the text from these two when `text` is blank.
  if ([result.toolCalls, result.content, result.response].some(hasItems)) return false;
  return NO_END.includes(finishWord(result));
}

/** Whether a native result says that an error has ended it. */
export function endedInError(result: unknown): boolean {
  return isNativeAnswer(result) && finishWord(result) === 'error';
}

/** Providers write `tool-calls` and `tool_calls`. */
function finishWord({ finishReason }: NativeAnswer): string {
  return typeof finishReason === 'string' ? finishReason.toLowerCase().replace(/[^a-z]+/g, '_') : '';
}

function hasItems(value: unknown): boolean {
  if (typeof value === 'string') return /\S/.test(value);
  return Array.isArray(value) ? value.length > 0 : isObject(value);
}
