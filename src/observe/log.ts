import type { IAgentRuntime } from '@elizaos/core';
import { maskSecret } from '../core/mask-secret.js';
import { LOG_LINES, type LogFields, type LogLineName } from './log-lines.js';

type Fields = Record<string, unknown>;

/** The lines of `LOG_LINES`, under one prefix. Takes fields, never errors or bodies. Never throws. */
export interface Log {
  /**
   * @param fields fill in the text of the line; core appends the others.
   * @param details only for JSON lines, which carry all fields: what the text says already, as data.
   */
  write<Name extends LogLineName>(name: Name, fields: LogFields<Name>, details?: Fields): void;
  /** Writes a line once per text. */
  writeOnce<Name extends LogLineName>(name: Name, fields: LogFields<Name>): void;
}

export interface LogOptions {
  /** Values to mask, such as the API key. */
  secrets: readonly (string | undefined)[];
  /** core writes lines as JSON (`LOG_JSON_FORMAT`). */
  asJson: boolean;
}

/** Levels of core's logger at which debug and info lines are dropped. */
const DROPPED_AT: Readonly<Record<string, readonly string[]>> = {
  debug: ['info', 'log', 'progress', 'success', 'warn', 'error', 'fatal', 'alert'],
  info: ['warn', 'error', 'fatal', 'alert'],
};

/** Line breaks and other control characters: a name or a server's words must not begin a line of their own. */
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;

/** Writes through the runtime's logger. */
export function createLog(runtime: Pick<IAgentRuntime, 'logger' | 'agentId'>, { secrets, asJson }: LogOptions): Log {
  const mask = (value: unknown) =>
    typeof value === 'string' ? secrets.reduce<string>(maskSecret, value).replace(CONTROL, ' ') : value;
  const written = new Set<string>();
  const write = (name: LogLineName, fields: Fields, details: Fields, once: boolean) => {
    try {
      const { level, text } = LOG_LINES[name];
      // core redacts and formats a line before it drops it, which takes 25 µs.
      if (DROPPED_AT[level]?.includes(runtime.logger.level)) return;
      const all = Object.entries(asJson ? { ...fields, ...details } : fields);
      const shown = Object.fromEntries(all.map(([key, value]) => [key, mask(value)]));
      const rest = { ...shown };
      const message = text.replace(/\{(\w+)\}/g, (_, hole: string) => {
        if (!asJson) delete rest[hole];
        return String(shown[hole]);
      });
      if (once && written.has(message)) return;
      if (once) written.add(message);
      const context = { src: 'plugin:elizanet-fallback', agentId: runtime.agentId, ...rest };
      runtime.logger[level](context, `[ElizaNet] ${message}`);
    } catch {
      // A logger that throws must not fail the call.
    }
  };
  return {
    write: (name, fields, details = {}) => write(name, fields, details, false),
    writeOnce: (name, fields) => write(name, fields, {}, true),
  };
}
