import type { IAgentRuntime } from '@elizaos/core';

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  fields: Record<string, unknown>;
}

/** Collects the lines that the plugin logs from now on, of every level, instead of writing them. */
export function logLines(runtime: Pick<IAgentRuntime, 'logger'>): LogLine[] {
  const lines: LogLine[] = [];
  runtime.logger.level = 'debug';
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    runtime.logger[level] = (fields: unknown, message?: unknown) => {
      const isOurs = typeof message === 'string' && message.startsWith('[ElizaNet]');
      if (isOurs) lines.push({ level, message, fields: fields as Record<string, unknown> });
    };
  }
  return lines;
}
