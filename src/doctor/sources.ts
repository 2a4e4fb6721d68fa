import type { SettingsSource } from '../environment.js';
import type { Character } from './character.js';
import type { EnvFile } from './env-files.js';

/** The places that a running agent reads its settings from. */
export interface SourcesInput {
  /** By the name of the setting: those of the command line. Override all others. */
  overrides: Record<string, string | undefined>;
  character?: Character;
  /** Nearest first. */
  files: readonly EnvFile[];
  env: NodeJS.ProcessEnv;
}

/** Settings in the agent's order: command line, character, `.env` files, environment. */
export class Sources implements SettingsSource {
  /** The environment after `elizaos start` has loaded the `.env` files into it, which overrides it. */
  readonly env: NodeJS.ProcessEnv;
  readonly character: SettingsSource['character'];
  readonly #input: SourcesInput;

  constructor(input: SourcesInput) {
    this.#input = input;
    this.env = Object.assign({ ...input.env }, ...input.files.map(({ values }) => values).reverse());
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
    return this.#fileWith(name)?.path ?? 'the environment';
  }

  /** The `.env` file that replaces another value of the environment. */
  overriddenBy(name: string): string | undefined {
    const value = this.#input.env[name];
    return isSet(value) && value !== this.env[name] ? this.#fileWith(name)?.path : undefined;
  }

  /** The names of everything that is set anywhere. */
  names(): string[] {
    const records = [this.env, ...this.#ofCharacter()];
    return [...new Set(records.flatMap((record) => Object.keys(record)))];
  }

  #fileWith(name: string): EnvFile | undefined {
    return this.#input.files.find(({ values }) => Object.hasOwn(values, name));
  }

  #ofCharacter(): Record<string, unknown>[] {
    const { secrets = {}, settings = {} } = this.#input.character ?? {};
    return [secrets, settings, (settings.secrets ?? {}) as Record<string, unknown>];
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && String(value).trim() !== '';
}
