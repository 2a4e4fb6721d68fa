import type { SettingsSource } from '../settings-source.js';
import type { Character } from './character.js';
import type { EnvFile } from './env-files.js';

/** The places that a running agent reads its settings from. */
export interface SourcesInput {
  /** By the name of the setting: those of the command line. Override all others. */
  overrides: Record<string, string | undefined>;
  character?: Character;
  /** Override the environment. The first overrides the others. */
  files: readonly EnvFile[];
  env: NodeJS.ProcessEnv;
  /** The environment overrides them. The first overrides the others. @default none */
  bunFiles?: readonly EnvFile[];
}

/** Settings in the agent's order: command line, character, `.env` files, environment, Bun's files. */
export class Sources implements SettingsSource {
  /** The environment after Bun and `elizaos start` have loaded their files into it. */
  readonly env: NodeJS.ProcessEnv;
  readonly character: SettingsSource['character'];
  readonly #input: SourcesInput;

  constructor(input: SourcesInput) {
    this.#input = input;
    const inOrder = (files: readonly EnvFile[]) => files.map(({ values }) => values).reverse();
    this.env = Object.assign({}, ...inOrder(input.bunFiles ?? []), input.env, ...inOrder(input.files));
    this.character = input.character as SettingsSource['character'];
  }

  /** As core's: the first value that is not empty. */
  getSetting(name: string): string | number | boolean | null {
    const override = this.#input.overrides[name];
    if (override !== undefined) return override;
    const value = this.#ofCharacter().map((record) => record[name]);
    return (value.find(Boolean) as string | undefined) ?? null;
  }

  /** Where a setting's value comes from; undefined when it has its default. */
  originOf(name: string): string | undefined {
    if (this.#input.overrides[name] !== undefined) return 'the command line';
    if (this.#ofCharacter().some((record) => isSet(record[name]))) return 'the character';
    if (!isSet(this.env[name])) return undefined;
    const { files, bunFiles = [] } = this.#input;
    // On Bun, the environment already has what is in Bun's files.
    const ofBun = fileWith(bunFiles, name);
    const source = fileWith(files, name) ?? (ofBun?.values[name] === this.env[name] ? ofBun : undefined);
    return source?.path ?? 'the environment';
  }

  /** The `.env` file that replaces another value of the environment. */
  overriddenBy(name: string): string | undefined {
    const value = this.#input.env[name];
    return isSet(value) && value !== this.env[name] ? fileWith(this.#input.files, name)?.path : undefined;
  }

  /** The names of everything that is set anywhere. */
  names(): string[] {
    const records = [this.env, ...this.#ofCharacter()];
    return [...new Set(records.flatMap((record) => Object.keys(record)))];
  }

  #ofCharacter(): Record<string, unknown>[] {
    const { secrets = {}, settings = {} } = this.#input.character ?? {};
    return [secrets, settings, (settings.secrets ?? {}) as Record<string, unknown>];
  }
}

function fileWith(files: readonly EnvFile[], name: string): EnvFile | undefined {
  return files.find(({ values }) => Object.hasOwn(values, name));
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && String(value).trim() !== '';
}
