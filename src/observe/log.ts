import type { IAgentRuntime } from '@elizaos/core';
import { maskSecret } from '../core/mask-secret.js';

type Fields = Record<string, unknown>;

/** Structured log lines under one prefix. Takes fields, never errors or bodies. Never throws. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A warning that is written once per message. */
  warnOnce(message: string, fields?: Fields): void;
}

type Level = Exclude<keyof Log, 'warnOnce'>;

/** Levels of core's logger at which debug and info lines are dropped. */
const DROPPED_AT: Partial<Record<Level, readonly string[]>> = {
  debug: ['info', 'log', 'progress', 'success', 'warn', 'error', 'fatal', 'alert'],
  info: ['warn', 'error', 'fatal', 'alert'],
};

/**
 * Writes through the runtime's logger.
 * @param secrets values to mask, such as the API key.
 */
export function createLog(
  runtime: Pick<IAgentRuntime, 'logger' | 'agentId'>,
  secrets: readonly (string | undefined)[],
): Log {
  const mask = (value: unknown) => (typeof value === 'string' ? secrets.reduce<string>(maskSecret, value) : value);
  const line =
    (level: Level) =>
    (message: string, fields: Fields = {}) => {
      try {
        // core redacts and formats a line before it drops it, which takes 25 µs.
        if (DROPPED_AT[level]?.includes(runtime.logger.level)) return;
        const shown = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, mask(value)]));
        const context = { src: 'plugin:elizanet-fallback', agentId: runtime.agentId, ...shown };
        runtime.logger[level](context, `[ElizaNet] ${mask(message)}`);
      } catch {
        // The host's logger is not ours; a call must not fail because of it.
      }
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
