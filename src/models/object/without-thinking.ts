import { nextBracket, partnerOf } from './bracket-groups.js';
import { parseStrict, repairJson } from './repair-json.js';

type Mark = 'open' | 'close' | 'answer';

interface Tag {
  mark: Mark;
  start: number;
  /** The index after the last character. */
  end: number;
}

/** With or without attributes; a self-closing `<think/>` marks nothing. `seed:` is ByteDance Seed's prefix. */
const NAME = '(?:seed:)?(?:(?:ant)?think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratchpad)';
const [LESS, GREATER] = ['(?:<|&lt;)', '(?:>|&gt;)'];
/** After XML: Kimi, Magistral, Cohere, Sky-T1, and gpt-oss, whose special tokens some servers strip. */
const OPEN = [
  `${LESS}\\s?${NAME}(?:\\s[^<>/&]{0,100})?${GREATER}`,
  '◁think▷',
  '\\[think\\]',
  '<\\|(?:start_thinking|begin_of_thought)\\|>',
  '<\\|channel\\|>\\s?(?:analysis|commentary)',
  '^analysis(?=[a-z])',
];
const CLOSE = [
  `${LESS}\\s?/\\s?${NAME}\\s?${GREATER}`,
  '◁/think▷',
  '\\[/think\\]',
  '<\\|(?:end_thinking|end_of_thought)\\|>',
];
const ANSWER = [
  '<\\|channel\\|>\\s?final(?:\\s?<\\|constrain\\|>\\s?\\w{1,20})?(?:\\s?<\\|message\\|>)?',
  'assistantfinal',
];
const TAG = new RegExp(`(?<open>${OPEN.join('|')})|(?<close>${CLOSE.join('|')})|${ANSWER.join('|')}`, 'gi');
const MAX_UNREADABLE = 16;
/** gpt-oss ends its answer with one of these. */
const END_TOKEN = /<\|(?:return|end)\|>$/;

export interface WithoutThinkingOptions {
  /** The token limit cut the text off. */
  cut?: boolean;
}

/**
 * Removes the thinking that the server has left in a model's answer. A closing tag without an opening one ends thinking
 * that began in the prompt, where some chat templates put the opening tag. Tags inside JSON strings are kept.
 * @returns the rest; `''` when the thinking does not end.
 */
export function withoutThinking(text: string, { cut = false }: WithoutThinkingOptions = {}): string {
  const tags = tagsIn(text);
  if (tags.length === 0) return text;
  const isInJson = jsonFinder(text);
  let answer = '';
  let depth = 0;
  let wasClosed = true;
  let resumeAt = 0;
  for (const { mark, start, end } of tags) {
    if (depth === 0 && isInJson(start, resumeAt)) continue;
    if (mark === 'open') {
      if (depth === 0) {
        answer += text.slice(resumeAt, start);
        wasClosed = false;
      }
      depth++;
      continue;
    }
    if (mark === 'answer' || depth === 0) answer = '';
    depth = mark === 'answer' ? 0 : Math.max(0, depth - 1);
    wasClosed = true;
    resumeAt = end;
  }
  // If the thinking mentions an opening tag, a closing one is missing: the last one ends it, unless the text was cut off.
  if (depth > 0 && (cut || !wasClosed)) return '';
  return (answer + text.slice(resumeAt)).trim().replace(END_TOKEN, '');
}

function tagsIn(text: string): Tag[] {
  return [...text.matchAll(TAG)].map(({ 0: { length }, index, groups }) => {
    const mark = groups?.open !== undefined ? 'open' : groups?.close !== undefined ? 'close' : 'answer';
    return { mark, start: index, end: index + length };
  });
}

/**
 * Tells whether a position is inside JSON that begins at `from` or later. Positions must be passed in ascending order.
 * Linear over all positions: after `MAX_UNREADABLE` bracket groups that are not JSON, no more are read.
 */
function jsonFinder(text: string): (position: number, from: number) => boolean {
  let bracket = -1;
  let jsonEnd = 0;
  let failures = 0;
  return (position, from) => {
    if (position < jsonEnd) return true;
    for (let at = from; failures < MAX_UNREADABLE; ) {
      if (bracket < at) bracket = nextBracket(text, at);
      if (bracket >= position) break;
      at = partnerOf(text, bracket);
      if (at <= position) continue;
      if (isJson(text.slice(bracket, at))) {
        jsonEnd = at;
        return true;
      }
      failures++;
      break;
    }
    return false;
  };
}

function isJson(text: string): boolean {
  return parseStrict({ text }) !== undefined || repairJson({ text }) !== undefined;
}
