import type { ChatAnswer } from '../chat/chat-call.js';
import type { Checked } from './check-json-schema.js';
import type { ObjectSpec } from './object-spec.js';
import { readJson } from './read-json.js';
import { withoutThinking } from './without-thinking.js';

/** Longer answers are refused unread: no object is this long, and checking one takes time. */
const ANSWER_LIMIT_CHARS = 1_000_000;

/**
 * What an escape makes of a backslash that should have been escaped itself: `\b` of a regular expression, `\frac`, and
 * `C:\new` at the start of a string.
 */
const LOST_BACKSLASH = /[\b\f]|^[a-z]:[\n\r\t]\S/i;
const CUT = 'was cut off at the token limit; keep it shorter';
const ESCAPE_BACKSLASHES = 'every backslash inside a string has to be written as two';

export interface JudgeOptions {
  /** The model is not asked again: what it wrote is taken as meant. */
  isLast: boolean;
}

export interface Judged {
  checked: Checked;
  /** The answer without its thinking; `''` when it is too long to be read. */
  said: string;
}

/** Finds the first JSON in an answer that is what was asked for, or what is wrong with the best of them. */
export async function judgeAnswer(
  spec: ObjectSpec,
  { text, finishReason }: ChatAnswer,
  { isLast }: JudgeOptions,
): Promise<Judged> {
  if (text.length > ANSWER_LIMIT_CHARS) {
    return { said: '', checked: wrong('length', `is longer than ${ANSWER_LIMIT_CHARS} characters; keep it short`) };
  }
  const cut = finishReason === 'length';
  const said = withoutThinking(text, { cut }).trim();
  const candidates = [...readJson(said, { cut }), ...(spec.takesText ? [said] : [])];
  let failed: Checked | undefined;
  for (const candidate of candidates) {
    const checked = await spec.check(candidate);
    if ('problems' in checked) failed ??= checked;
    else if (!isLast && lostBackslash(candidate)) return { said, checked: wrong('escape', ESCAPE_BACKSLASHES) };
    else return { said, checked };
  }
  return { said, checked: cut ? wrong('length', CUT) : (failed ?? unreadable(said)) };
}

function unreadable(said: string): Checked {
  if (said === '') return wrong('thinking', 'holds nothing but thinking; give the answer itself');
  return wrong('json', said.includes('\\') ? `is not valid JSON; ${ESCAPE_BACKSLASHES}` : 'holds no JSON object');
}

/** @param value plain data, which is not nested deeply. */
function lostBackslash(value: unknown): boolean {
  if (typeof value === 'string') return LOST_BACKSLASH.test(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(lostBackslash);
}

function wrong(rule: string, hint: string): Checked {
  return { problems: [{ path: '', rule, hint }] };
}
