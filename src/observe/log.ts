import type { IAgentRuntime } from '@elizaos/core';
import { maskSecret } from '../core/mask-secret.js';

type Fields = Record<string, unknown>;

/** Structured log lines under one prefix. Takes fields, never errors or bodies, so that nothing else can slip in. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A warning that is given once, whatever its fields are the next time. */
  warnOnce(message: string, fields?: Fields): void;
}

type Level = Exclude<keyof Log, 'warnOnce'>;

/** Levels of core's logger at which it drops the lines that come with every call. */
const DROPPED_AT: Partial<Record<Level, readonly string[]>> = {
  debug: ['info', 'log', 'progress', 'success', 'warn', 'error', 'fatal', 'alert'],
  info: ['warn', 'error', 'fatal', 'alert'],
};

/**
 * Writes through the runtime's logger.
 * @param secrets values that are masked wherever they would appear: the key, should an address or a message hold it.
 */
export function createLog(
  runtime: Pick<IAgentRuntime, 'logger' | 'agentId'>,
  secrets: readonly (string | undefined)[],
): Log {
  const mask = (value: unknown) => (typeof value === 'string' ? secrets.reduce<string>(maskSecret, value) : value);
  const line =
    (level: Level) =>
    (message: string, fields: Fields = {}) => {
      // core redacts and formats a line before it drops it: 25 µs, a tenth of a whole call.
      if (DROPPED_AT[level]?.includes(runtime.logger.level)) return;
      const shown = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, mask(value)]));
      runtime.logger[level](
        { src: 'plugin:elizanet-fallback', agentId: runtime.agentId, ...shown },
        `[ElizaNet] ${mask(message)}`,
      );
    };
  const warn = line('warn');
  const given = new Set<string>();
  const warnOnce = (message: string, fields?: Fields) => {
    if (given.has(message)) return;
    given.add(message);
    warn(message, fields);
  };
  return { debug: line('debug'), info: line('info'), warn, error: line('error'), warnOnce };
}
