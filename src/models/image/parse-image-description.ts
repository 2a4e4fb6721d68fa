import { isRecord } from '../../core/is-record.js';
import { readJson } from '../object/read-json.js';

export interface ImageDescription {
  title: string;
  description: string;
}

/** The title of a description without one, as in published providers. */
const DEFAULT_TITLE = 'Image Analysis';
/** A longer line is not a title. */
const MAX_TITLE_CHARS = 200;

/** "Title: …", also as a Markdown heading, list item or in bold. */
const TITLE_LABEL = /^[ \t#*_>-]*title[*_]*[ \t]*:/i;
const DESCRIPTION_LABEL = /^[\s#*_>-]*(?:detailed )?description[*_]*[ \t]*:[*_]*\s*/i;
const MARKUP = '*_ \t\r';

/**
 * Splits a vision model's answer into the two texts that core expects: from the XML that core's own prompt asks for, from
 * JSON, or from prose with a "Title:" line.
 * @param text an answer without its thinking; not blank.
 * @returns texts that are not blank. An answer without a title has the one of published providers.
 */
export function parseImageDescription(text: string): ImageDescription {
  return fromXml(text) ?? fromJson(text) ?? fromProse(text);
}

/** core's template asks for a summary in `<description>` and details in `<text>`; the result has one field for both. */
function fromXml(answer: string): ImageDescription | undefined {
  const title = element(answer, 'title');
  const description = [element(answer, 'description'), element(answer, 'text')].filter(Boolean).join('\n\n');
  return description ? { title: title || DEFAULT_TITLE, description } : undefined;
}

function element(answer: string, name: string): string {
  const start = answer.indexOf(`<${name}>`);
  const end = answer.indexOf(`</${name}>`, start);
  return start < 0 || end < 0 ? '' : answer.slice(start + name.length + 2, end).trim();
}

function fromJson(answer: string): ImageDescription | undefined {
  for (const { title, description } of readJson(answer).filter(isRecord)) {
    if (typeof description !== 'string' || description.trim() === '') continue;
    return { title: (typeof title === 'string' && title.trim()) || DEFAULT_TITLE, description };
  }
  return undefined;
}

function fromProse(answer: string): ImageDescription {
  const lines = answer.split('\n');
  const index = lines.findIndex((line) => titleIn(line) !== '');
  const title = titleIn(lines[index] ?? '');
  if (title === '') return { title: DEFAULT_TITLE, description: answer.trim() };
  const others = lines.filter((_, at) => at !== index).join('\n');
  const description = others.trim().replace(DESCRIPTION_LABEL, '').trim();
  return { title, description: description || title };
}

/** @returns `''` for a line that is no title. */
function titleIn(line: string): string {
  const label = TITLE_LABEL.exec(line)?.[0];
  if (label === undefined) return '';
  let [start, end] = [label.length, line.length];
  while (start < end && MARKUP.includes(line[start] as string)) start++;
  while (end > start && MARKUP.includes(line[end - 1] as string)) end--;
  return end - start > MAX_TITLE_CHARS ? '' : line.slice(start, end);
}
