import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtureNames, readSse } from '../../lab/litellm-fixtures.js';
import { systemClock } from '../../src/core/clock.js';
import { isElizaNetError } from '../../src/core/elizanet-error.js';
import { asEvents } from '../../src/http/as-events.js';
import { Endpoint } from '../../src/http/endpoint.js';
import { request } from '../../src/http/request.js';
import type { Body, Connection } from '../../src/http/transport/transport.js';
import { ChatTextStream } from '../../src/models/chat/chat-text-stream.js';

/** A transport of the test's own: the response's body comes in exactly these chunks. */
function targetFor(chunks: readonly Uint8Array[]): { endpoint: Endpoint; isDestroyed(): boolean } {
  let destroyed = false;
  const connection: Connection = {
    async exchange(_, onEnd) {
      const left = [...chunks];
      const body: Body = {
        async next() {
          const next = left.shift();
          if (!next) onEnd();
          return next;
        },
        destroy() {
          destroyed = true;
        },
      };
      return { statusCode: 200, headers: new Headers({ 'content-type': 'text/event-stream' }), body, sends: 1 };
    },
    destroy() {},
  };
  const endpoint = new Endpoint({
    name: 'ElizaNet',
    baseUrl: 'http://elizanet.test',
    maxConcurrency: 1,
    clock: systemClock,
    transport: () => connection,
  });
  return { endpoint, isDestroyed: () => destroyed };
}

interface Outcome {
  text: string;
  /** The code of the error it ends with. */
  code?: string;
}

async function read(...chunks: Uint8Array[]): Promise<Outcome> {
  const { endpoint, isDestroyed } = targetFor(chunks);
  let text = '';
  try {
    const input = { path: '/v1/chat/completions', body: { model: 'gpt-4o' }, timeoutMs: 60_000 };
    const { value: events } = await request(endpoint, input, asEvents);
    for await (const piece of new ChatTextStream(events)) text += piece;
    return { text };
  } catch (error) {
    if (!isElizaNetError(error)) throw error;
    return { text, code: error.code };
  } finally {
    // In every outcome the socket is freed.
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDestroyed()).toBe(true);
  }
}

/** The same bytes in other chunks. */
function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...new Set(at.map((place) => place % (bytes.byteLength + 1))), bytes.byteLength].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

const RECORDED = fixtureNames('.sse').map((name) => [name, readSse(name)] as const);
const encode = (text: string) => new TextEncoder().encode(text);
const anyCuts = fc.array(fc.nat(1_000_000), { maxLength: 30 });

describe.each(RECORDED)('the recorded stream %s', (_, bytes) => {
  it('is the same in two chunks, wherever it is cut', async () => {
    const whole = await read(bytes);
    for (let at = 1; at < bytes.byteLength; at++) expect(await read(...cut(bytes, [at]))).toEqual(whole);
  });

  it('is the same a byte at a time', async () => {
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await read(...chunks)).toEqual(await read(bytes));
  });

  it('is the same with any line ends, byte order mark, comments and split data lines, in any chunks', async () => {
    const whole = await read(bytes);
    const variant = fc.record({
      lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
      mark: fc.constantFrom('', '\ufeff'),
      comment: fc.constantFrom(
        '',
        ': processing\n',
        ':\n\n',
        'retry: 10\n',
        'event: message\n',
        'id: 7\n',
        'unknown: field\n',
      ),
      splitsData: fc.boolean(),
      cuts: anyCuts,
    });
    await fc.assert(
      fc.asyncProperty(variant, async ({ lineEnd, mark, comment, splitsData, cuts }) => {
        const events = bytes.toString().split('\n\n').filter(Boolean);
        // A line break between two tokens of the JSON means nothing, and two data lines are one line break.
        const written = events.map(
          (event) => comment + (splitsData ? event.replace(/^data: \{/, 'data: {\ndata: ') : event),
        );
        const text =
          mark +
          written
            .map((event) => `${event}\n\n`)
            .join('')
            .replaceAll('\n', lineEnd);
        expect(await read(...cut(encode(text), cuts))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('cut off anywhere is a beginning of its text, and a typed error unless its end had come', async () => {
    const whole = await read(bytes);
    for (let length = 0; length < bytes.byteLength; length++) {
      const { text, code } = await read(bytes.subarray(0, length));
      expect(whole.text.startsWith(text)).toBe(true);
      if (!code) expect(text).toBe(whole.text);
    }
  });

  it('with any bytes changed is read to an end: a text or a typed error, the same in any chunks', async () => {
    const change = fc.record({ at: fc.nat(1_000_000), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), anyCuts, async (changes, cuts) => {
        const damaged = Uint8Array.from(bytes);
        for (const { at, byte } of changes) damaged[at % damaged.byteLength] = byte;
        expect(await read(...cut(damaged, cuts))).toEqual(await read(damaged));
      }),
      { numRuns: 60 },
    );
  });
});

describe('any text', () => {
  const event = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const END = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

  it('comes out as it went in, in any pieces and chunks', async () => {
    const pieces = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(pieces, anyCuts, async (texts, cuts) => {
        const bytes = encode(texts.map(event).join('') + END);
        expect(await read(...cut(bytes, cuts))).toEqual({ text: texts.join('') });
      }),
      { numRuns: 200 },
    );
  });

  it('comes out with replacement characters where its bytes are not UTF-8, the same in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), anyCuts, async (raw, cuts) => {
        // Characters that would end the JSON string or the line are left out; the rest tests the decoder.
        const inner = raw.filter((byte) => byte >= 0x20 && byte !== 0x22 && byte !== 0x5c);
        const [before = '', after = ''] = event('#').split('#');
        const bytes = Buffer.concat([encode(`${before}x`), inner, encode(after + END)]);
        const expected = `x${new TextDecoder().decode(inner)}`;
        expect(await read(...cut(bytes, cuts))).toEqual({ text: expected });
      }),
      { numRuns: 200 },
    );
  });

  it('as bytes that are no stream at all is a typed error, and never a hang', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), anyCuts, async (bytes, cuts) => {
        const outcome = await read(...cut(bytes, cuts));
        expect(outcome).toEqual(await read(bytes));
        expect(outcome.code).toBeDefined();
      }),
      { numRuns: 200 },
    );
  });

  it('as JSON of any shape is a typed error, and never another one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const outcome = await read(encode(`data: ${JSON.stringify(value)}\n\n`));
        expect(['INVALID_RESPONSE', 'UPSTREAM_STATUS']).toContain(outcome.code);
      }),
      { numRuns: 300 },
    );
  });
});

describe('errors in between', () => {
  const event = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const faults: [string, string, string][] = [
    ['an error event', 'data: {"error":{"message":"no","code":"503"}}\n\n', 'UPSTREAM_STATUS'],
    [
      'an error beside a chunk',
      'data: {"error":{"code":429},"choices":[{"delta":{"content":"no"}}]}\n\n',
      'UPSTREAM_STATUS',
    ],
    ['an error in a word', 'data: {"error":"overloaded"}\n\n', 'UPSTREAM_STATUS'],
    ['something that is not JSON', 'data: {"choices":[{"delta":\n\n', 'INVALID_RESPONSE'],
    ['another shape', 'data: {"choices":"none"}\n\n', 'INVALID_RESPONSE'],
    ['another model', 'data: {"model":"b","choices":[{"delta":{"content":"no"}}]}\n\n', 'INVALID_RESPONSE'],
    ['a second role', 'data: {"choices":[{"delta":{"role":"assistant","content":"no"}}]}\n\n', 'INVALID_RESPONSE'],
  ];

  it.each(faults)(
    '(%s) end the stream there, after all the text before them, in any chunks',
    async (_, fault, code) => {
      const pieces = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(pieces, fc.array(fc.string({ minLength: 1 })), anyCuts, async (before, behind, cuts) => {
          const opening = 'data: {"model":"a","choices":[{"delta":{"role":"assistant","content":""}}]}\n\n';
          const bytes = encode(opening + before.map(event).join('') + fault + behind.map(event).join(''));
          expect(await read(...cut(bytes, cuts))).toEqual({ text: before.join(''), code });
        }),
        { numRuns: 50 },
      );
    },
  );
});

describe('a huge event', () => {
  const opening = 'data: {"choices":[{"index":0,"delta":{"content":"';
  const closing = '"}}]}\n\ndata: [DONE]\n\n';

  it('of nearly 1 MiB is read', async () => {
    const text = 'x'.repeat(1024 * 1024 - 200);
    expect(await read(...cut(encode(opening + text + closing), [1_000, 300_000]))).toEqual({ text });
  });

  it('of more than that is an error, in any chunks', async () => {
    const bytes = encode(opening + 'x'.repeat(1024 * 1024 + 1) + closing);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(2_000_000), { maxLength: 20 }), async (cuts) => {
        expect(await read(...cut(bytes, cuts))).toEqual({ text: '', code: 'INVALID_RESPONSE' });
      }),
      { numRuns: 10 },
    );
  });
});
