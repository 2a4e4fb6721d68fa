import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRecord } from '../core/is-record.js';

/** What the doctor reads of an agent's character. */
export interface Character {
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
  /** Names of its plugins; undefined when it lists none. */
  plugins?: string[];
}

const LOAD_WITH_BUN =
  'Run it with Bun, which loads TypeScript: bunx --bun @elizaos/plugin-elizanet-fallback doctor --character FILE';

/** The character cannot be read. The message does not quote the file, which may contain secrets. */
export class CharacterError extends Error {
  override readonly name = 'CharacterError';
  constructor(
    message: string,
    readonly advice?: string,
  ) {
    super(message);
  }
}

/**
 * Reads a character from JSON, or from a module: its default export or its export `character`, either of which may be a
 * character or a project with `agents`. While the module loads, `process.env` has the variables of `env`.
 * @throws {CharacterError}
 */
export async function readCharacter(file: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Character> {
  const path = resolve(cwd, file);
  const loaded = /\.json$/i.test(path) ? await readJson(path) : await loadModule(path, env);
  const character = characterIn(loaded);
  if (character) return character;
  throw new CharacterError('contains no character: neither an object with a name, nor a project with agents');
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new CharacterError(`cannot be read (${error.code})`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new CharacterError('is not valid JSON');
  }
}

async function loadModule(path: string, env: NodeJS.ProcessEnv): Promise<unknown> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const exports = await import(pathToFileURL(path).href);
    return characterIn(exports.default) ? exports.default : exports.character;
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    // Node before 22.18 loads no TypeScript; Bun, which runs elizaos, does.
    const advice = code === 'ERR_UNKNOWN_FILE_EXTENSION' ? LOAD_WITH_BUN : undefined;
    throw new CharacterError(`cannot be loaded (${String(code ?? name)})`, advice);
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

function characterIn(loaded: unknown): Character | undefined {
  if (!isRecord(loaded)) return undefined;
  const [agent] = Array.isArray(loaded.agents) ? loaded.agents : [];
  if (isRecord(agent)) return characterOf(agent.character, agent.plugins);
  return characterOf(loaded);
}

/** @param agentPlugins the plugins of a project's agent, beside those of its character. */
function characterOf(character: unknown, agentPlugins?: unknown): Character | undefined {
  if (!isRecord(character) || typeof character.name !== 'string') return undefined;
  const lists = [character.plugins, agentPlugins].filter(Array.isArray);
  return {
    settings: recordOf(character.settings),
    secrets: recordOf(character.secrets),
    plugins: lists.length > 0 ? lists.flat().map(nameOf) : undefined,
  };
}

function nameOf(plugin: unknown): string {
  return String(isRecord(plugin) ? plugin.name : plugin);
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
