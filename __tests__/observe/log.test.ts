import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from '../../src/observe/log.js';

function recording(options: Partial<LogOptions> = {}, level?: string) {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message });
  };
  const logger = { level, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const runtime = { logger: logger as never, agentId: '00000000-0000-4000-8000-000000000001' as const };
  return { log: createLog(runtime, { secrets: [], asJson: false, ...options }), lines };
}

const CONTEXT = { src: 'plugin:elizanet-fallback', agentId: '00000000-0000-4000-8000-000000000001' };

describe('a log line', () => {
  it('has our prefix, its level, and the agent; fields that its text shows are not appended to it', () => {
    const { log, lines } = recording();
    log.write('answer_cut', { modelType: 'TEXT_LARGE', limit: 'here', requestId: 'r' }, { durationMs: 1 });
    expect(lines).toEqual([
      { level: 'warn', fields: { ...CONTEXT, requestId: 'r' }, message: '[ElizaNet] TEXT_LARGE was cut here' },
    ]);
  });

  it('carries every field and detail when core writes JSON', () => {
    const { log, lines } = recording({ asJson: true });
    log.write('answer_cut', { modelType: 'TEXT_LARGE', limit: 'here', requestId: 'r' }, { durationMs: 1 });
    expect(lines[0]?.fields).toEqual({
      ...CONTEXT,
      modelType: 'TEXT_LARGE',
      limit: 'here',
      requestId: 'r',
      durationMs: 1,
    });
  });

  it.each([true, false])('never shows the key, wherever it would appear (JSON: %s)', (asJson) => {
    const { log, lines } = recording({ secrets: ['sk-secret', undefined, ''], asJson });
    const fields = {
      modelType: 'TEXT_LARGE',
      error: 'bad sk-secret, sk-secret',
      baseUrl: 'http://x/sk-secret',
      count: 1,
    };
    log.write('operation_failed', fields, { detail: 'sk-secret' });
    expect(JSON.stringify(lines)).not.toContain('sk-secret');
    expect(lines[0]?.message).toBe('[ElizaNet] TEXT_LARGE failed: bad ***, ***');
    expect(lines[0]?.fields.count).toBe(1);
  });

  it('stays one line, whatever a name or a server says', () => {
    const { log, lines } = recording();
    const hostile = 'here\r\n[ElizaNet] all is well\u2028\u001b[2K';
    log.write('answer_cut', { modelType: 'TEXT_LARGE', limit: hostile, requestId: hostile });
    const oneLine = 'here [ElizaNet] all is well [2K';
    expect(lines[0]).toMatchObject({
      message: `[ElizaNet] TEXT_LARGE was cut ${oneLine}`,
      fields: { requestId: oneLine },
    });
  });

  it('that is written once is written again only with another text', () => {
    const { log, lines } = recording();
    for (const provider of ['a', 'b', 'a']) log.writeOnce('space_unknown', { provider });
    expect(lines).toHaveLength(2);
  });

  it.each([
    ['trace', ['debug', 'info', 'warn', 'error']],
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['fatal', ['warn', 'error']],
    [undefined, ['debug', 'info', 'warn', 'error']],
  ])('is not even formatted when the logger is at %s, which would drop it', (level, expected) => {
    const { log, lines } = recording({}, level);
    log.write('operation_started', { modelType: 'TEXT_LARGE' });
    log.write('endpoint_upgraded', {});
    log.write('attachments_left_out', {});
    log.write('unanswered', { modelType: 'TEXT_LARGE', route: '' });
    expect(lines.map((line) => line.level)).toEqual(expected);
  });

  it('never fails the call when the logger does', () => {
    const logger = {
      get level(): string {
        throw new Error('broken');
      },
    };
    const log = createLog(
      { logger: logger as never, agentId: CONTEXT.agentId as never },
      { secrets: [], asJson: false },
    );
    expect(() => log.write('endpoint_upgraded', {})).not.toThrow();
  });
});
