import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A code block of a document. */
export interface Snippet {
  /** `docs/operations.md:12`, where it begins. */
  at: string;
  /** The heading above it, without `#`. */
  heading: string;
  /** '' for a picture. */
  language: string;
  code: string;
}

/** The code blocks of a document, in order. @param file relative to the repository. */
export function snippetsOf(file: string): Snippet[] {
  const text = readFileSync(ROOT + file, 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: language = '', 2: code = '' }) => {
    const before = text.slice(0, index);
    // A comment in a block above is no heading.
    const prose = before.replace(/^```[\s\S]*?^```$/gm, '');
    const heading = prose.match(/^#+ .+$/gm)?.at(-1) ?? '';
    return { at: `${file}:${before.split('\n').length}`, heading: heading.replace(/^#+ /, ''), language, code };
  });
}

/**
 * The scripts that a document prints for a shell, one for each code block.
 * @param heading the heading that they stand under.
 * @throws when there is none.
 */
export function scriptsOf(file: string, heading: string): string[] {
  const found = snippetsOf(file).filter((snippet) => snippet.language === 'sh' && snippet.heading === heading);
  if (found.length === 0) throw new Error(`${file} prints no command under "${heading}"`);
  return found.map(({ code }) => code);
}

/** The file that a document prints in one block, which begins with its name as a comment: `# litellm.yaml`. */
export function printedFile(file: string, name: string): string {
  const found = snippetsOf(file).find(({ code }) => code.startsWith(`# ${name}\n`));
  if (!found) throw new Error(`${file} does not print ${name}`);
  return found.code;
}
