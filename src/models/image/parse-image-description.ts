export interface ImageDescription {
  title: string;
  description: string;
}

/** What published providers call an image whose description came without a title. */
const DEFAULT_TITLE = 'Image Analysis';

/** "Title: …" on a line of its own, also as a Markdown heading, list item or in bold. Bounded, to stay linear. */
const TITLE_LINE = /^[ \t#*_>-]*title[*_]*[ \t]*:[*_ \t]*(\S.{0,200}?)[*_ \t]*$/im;
const DESCRIPTION_LABEL = /^[\s#*_>-]*(?:detailed )?description[*_]*[ \t]*:[*_]*\s*/i;

/**
 * Takes a vision model's answer apart into the two texts that core wants: from the XML that core's own prompt asks for,
 * from JSON, or from prose with a "Title:" line. An answer without a title gets the one that published providers give.
 * @param answer not blank.
 */
export function parseImageDescription(answer: string): ImageDescription {
  return fromXml(answer) ?? fromJson(answer) ?? fromProse(answer);
}

/** core's template asks for a summary in `<description>` and the details in `<text>`; an object has room for one text. */
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
  const [from, to] = [answer.indexOf('{'), answer.lastIndexOf('}')];
  if (from < 0 || to < from) return undefined;
  try {
    const { title, description } = JSON.parse(answer.slice(from, to + 1));
    const isUsable = typeof description === 'string' && description.trim() !== '';
    return isUsable ? { title: (typeof title === 'string' && title.trim()) || DEFAULT_TITLE, description } : undefined;
  } catch {
    return undefined;
  }
}

function fromProse(answer: string): ImageDescription {
  const match = TITLE_LINE.exec(answer);
  if (!match) return { title: DEFAULT_TITLE, description: answer.trim() };
  const [line, title = DEFAULT_TITLE] = match;
  const rest = answer.replace(line, '').trim().replace(DESCRIPTION_LABEL, '').trim();
  return { title, description: rest || title };
}
