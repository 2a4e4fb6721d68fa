import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;

/**
 * Reads the `.env` of a folder as ElizaOS does when it starts there: names and values, quotes taken off, comments left
 * out. Nothing is written into the environment.
 * @returns undefined when there is none.
 */
export function readEnvFile(folder: string): Record<string, string> | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, '.env'), 'utf8');
  } catch {
    return undefined;
  }
  const entries: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined && value !== undefined) entries.push([name, unquote(value)]);
  }
  return Object.fromEntries(entries);
}

function unquote(value: string): string {
  const [, quote, quoted] = /^(["'`])(.*)\1(?:\s+#.*)?$/.exec(value) ?? [];
  if (quoted !== undefined) return quote === '"' ? quoted.replaceAll('\\n', '\n') : quoted;
  // As dotenv does: outside of quotes a # begins a comment.
  return value.replace(/#.*$/, '').trim();
}
