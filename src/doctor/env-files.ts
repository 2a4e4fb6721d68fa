import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** How many folders core searches for a `.env`, the current one included. */
const FOLDERS = 10;

/** A name, `=` or `: `, and a value: in quotes, which may contain line breaks, or up to a `#`. As in dotenv. */
const ENTRY =
  /^[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)(?:[^\S\n]*=|:[^\S\n])[^\S\n]*("(?:\\"|[^"])*"|'(?:\\'|[^'])*'|`(?:\\`|[^`])*`|[^#\n]*)(?=[^\S\n]*(?:#.*)?$)/gm;

export interface EnvFile {
  /** Relative to the folder that the search began in, such as `../.env`. */
  path: string;
  values: Record<string, string>;
}

/**
 * Reads the `.env` files that `elizaos start` loads: of the folder and of its parents. Does not change `process.env`.
 * @returns the nearest one first; its values override those of the others, and all of them the environment.
 */
export function readEnvFiles(folder: string): EnvFile[] {
  const files: EnvFile[] = [];
  for (let depth = 0, current = folder; depth < FOLDERS; depth++) {
    const path = join(current, '.env');
    const values = readEnvFile(path);
    if (values) files.push({ path: relative(folder, path), values });
    const parent = dirname(current);
    if (parent === current) break;
    current = parent;
  }
  return files;
}

/**
 * Reads the files beside `.env` that Bun, which runs `elizaos`, loads from the folder that it is started in.
 * @param mode the value of `NODE_ENV`.
 * @returns the one first whose values override those of the other; the environment overrides both.
 */
export function readBunEnvFiles(folder: string, mode = 'development'): EnvFile[] {
  const ofMode = `.env.${mode === 'production' || mode === 'test' ? mode : 'development'}`;
  const names = mode === 'test' ? [ofMode] : ['.env.local', ofMode];
  return names.flatMap((path) => {
    const values = readEnvFile(join(folder, path));
    return values ? { path, values } : [];
  });
}

function readEnvFile(path: string): Record<string, string> | undefined {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch {
    // Missing, unreadable, or a folder: core skips it as well.
    return undefined;
  }
}

/** Parses the text of a `.env` file as dotenv does, which core reads it with. */
export function parseEnv(text: string): Record<string, string> {
  const entries = [...text.replace(/\r\n?/g, '\n').matchAll(ENTRY)];
  return Object.fromEntries(entries.map(([, name = '', value = '']) => [name, unquote(value.trim())]));
}

function unquote(value: string): string {
  const [, quote, quoted] = /^(["'`])([\s\S]*)\1$/.exec(value) ?? [];
  if (quoted === undefined) return value;
  return quote === '"' ? quoted.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : quoted;
}
