import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/observe/log.js';

function recording(secrets: (string | undefined)[] = [], level?: string) {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message });
  };
  const logger = { level, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const log = createLog({ logger: logger as never, agentId: '00000000-0000-4000-8000-000000000001' }, secrets);
  return { log, lines };
}

describe('a log line', () => {
  it('has our prefix, its level, its fields and the agent', () => {
    const { log, lines } = recording();
    log.warn('leaves openai alone', { retryAfterMs: 9_000 });
    expect(lines).toEqual([
      {
        level: 'warn',
        fields: {
          src: 'plugin:elizanet-fallback',
          agentId: '00000000-0000-4000-8000-000000000001',
          retryAfterMs: 9_000,
        },
        message: '[ElizaNet] leaves openai alone',
      },
    ]);
  });

  it('never shows the key, wherever it would appear', () => {
    const { log, lines } = recording(['sk-secret', undefined, '']);
    log.error('refused sk-secret', { baseUrl: 'http://x/sk-secret', error: 'bad sk-secret, sk-secret', count: 1 });
    expect(JSON.stringify(lines)).not.toContain('sk-secret');
    expect(lines[0]?.message).toBe('[ElizaNet] refused ***');
    expect(lines[0]?.fields.count).toBe(1);
  });

  it.each([
    ['trace', ['debug', 'info', 'warn', 'error']],
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['fatal', ['warn', 'error']],
    [undefined, ['debug', 'info', 'warn', 'error']],
  ])('of every call is not even written when the logger is at %s, which would drop it', (level, expected) => {
    const { log, lines } = recording([], level);
    for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name]('a line');
    expect(lines.map((line) => line.level)).toEqual(expected);
  });
});
