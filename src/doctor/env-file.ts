import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;

/**
 * Parses the `.env` file of a folder as ElizaOS does: removes quotes and comments. Does not change `process.env`.
 * @returns undefined when the folder has none.
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
  // As in dotenv, an unquoted # starts a comment.
  return value.replace(/#.*$/, '').trim();
}
