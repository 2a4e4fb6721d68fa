import { bracketGroups } from './bracket-groups.js';
import { parseStrict, repairJson } from './repair-json.js';

type Mark = 'open' | 'close' | 'answer';

interface Tag {
  mark: Mark;
  start: number;
  /** The index after the last character. */
  end: number;
}

/** Attributes are allowed, `<think/>` is not a tag. `seed:` is ByteDance Seed's. */
const NAME = '(?:seed:)?(?:(?:ant)?think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratchpad)';
/** Beside XML: Kimi, Magistral, Cohere, Sky-T1, and gpt-oss, whose special tokens some servers drop. */
const OPEN = [
  `<\\s?${NAME}(?:\\s[^<>/]{0,100})?>`,
  '◁think▷',
  '\\[think\\]',
  '<\\|(?:start_thinking|begin_of_thought)\\|>',
  '<\\|channel\\|>\\s?(?:analysis|commentary)',
  '^analysis(?=[a-z])',
];
const CLOSE = [`<\\s?/\\s?${NAME}\\s?>`, '◁/think▷', '\\[/think\\]', '<\\|(?:end_thinking|end_of_thought)\\|>'];
const ANSWER = [
  '<\\|channel\\|>\\s?final(?:\\s?<\\|constrain\\|>\\s?\\w{1,20})?(?:\\s?<\\|message\\|>)?',
  'assistantfinal',
];
const TAG = new RegExp(`(?<open>${OPEN.join('|')})|(?<close>${CLOSE.join('|')})|${ANSWER.join('|')}`, 'gi');
/** gpt-oss ends its answer with one of these. */
const END_TOKEN = /<\|(?:return|end)\|>$/;

export interface WithoutThinkingOptions {
  /** The token limit cut the text off. */
  cut?: boolean;
}

/**
 * Removes a model's thinking from its answer, where the server has left it in the text. A closing tag without an opening
 * one ends thinking that began before the text: chat templates may put the opening tag into the prompt. Tags inside the
 * strings of JSON are part of the answer.
 * @returns the rest; `''` when the thinking has no end.
 */
export function withoutThinking(text: string, { cut = false }: WithoutThinkingOptions = {}): string {
  const tags = tagsOutsideJson(text);
  if (tags.length === 0) return text;
  let answer = '';
  let depth = 0;
  let wasClosed = true;
  let resumeAt = 0;
  for (const { mark, start, end } of tags) {
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
  // Thinking that mentions an opening tag has one too many; its last closing tag ends it, unless more was to come.
  if (depth > 0 && (cut || !wasClosed)) return '';
  return (answer + text.slice(resumeAt)).trim().replace(END_TOKEN, '');
}

function tagsOutsideJson(text: string): readonly Tag[] {
  const tags = [...text.matchAll(TAG)].map(({ 0: { length }, index, groups }): Tag => {
    const mark = groups?.open !== undefined ? 'open' : groups?.close !== undefined ? 'close' : 'answer';
    return { mark, start: index, end: index + length };
  });
  const inJson = new Set<Tag>();
  let next = 0;
  for (const { start, end } of tags.length > 0 ? bracketGroups(text) : []) {
    const inGroup: Tag[] = [];
    for (let tag = tags[next]; tag && tag.end <= end; tag = tags[++next]) if (tag.start > start) inGroup.push(tag);
    if (inGroup.length > 0 && isJson(text.slice(start, end))) for (const tag of inGroup) inJson.add(tag);
  }
  return tags.filter((tag) => !inJson.has(tag));
}

function isJson(text: string): boolean {
  return parseStrict({ text }) !== undefined || repairJson({ text }) !== undefined;
}
