import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/openai/schemas.js';
import { type SentCall, ToolCallCollector, toolCallsIn } from '../../src/openai/tool-calls.js';

type Entry = Record<string, unknown>;

const entry = (args: string, more: Entry = {}): Entry => {
  const { name, ...rest } = more;
  return { ...rest, type: 'function', function: { ...(name === undefined ? {} : { name }), arguments: args } };
};
const delta = (...tool_calls: unknown[]) => ({ tool_calls }) as unknown as Message;
const older = (function_call: unknown) => ({ function_call }) as unknown as Message;

function collect(...deltas: Message[]): { calls: SentCall[]; pieces: string[] } {
  const collector = new ToolCallCollector();
  const pieces = deltas.map((part) => collector.addDelta(part));
  return { calls: collector.calls, pieces };
}

const A = { id: 'a', name: 'A', arguments: '{"x":1}' };
const B = { id: 'b', name: 'B', arguments: '{"y":2}' };

/** Ways in which servers write deltas. */
const STREAMS: [how: string, deltas: Message[], calls: SentCall[]][] = [
  [
    'one call in pieces',
    [delta(entry('{"x"', { index: 0, id: 'a', name: 'A' })), delta(entry(':1}', { index: 0 }))],
    [A],
  ],
  ['a whole call in one delta', [delta(entry('{"x":1}', { index: 0, id: 'a', name: 'A' }))], [A]],
  [
    'two calls in one delta',
    [delta(entry('{"x":1}', { index: 0, id: 'a', name: 'A' }), entry('{"y":2}', { index: 1, id: 'b', name: 'B' }))],
    [A, B],
  ],
  [
    'the second call first',
    [
      delta(entry('{"y":2}', { index: 1, id: 'b', name: 'B' })),
      delta(entry('{"x":1}', { index: 0, id: 'a', name: 'A' })),
    ],
    [A, B],
  ],
  [
    'id and name in every delta',
    [delta(entry('{"x"', { index: 0, id: 'a', name: 'A' })), delta(entry(':1}', { index: 0, id: 'a', name: 'A' }))],
    [A],
  ],
  [
    'another id in every delta, without a name',
    [delta(entry('{"x"', { index: 0, id: 'a', name: 'A' })), delta(entry(':1}', { index: 0, id: 'z' }))],
    [A],
  ],
  [
    'index 0 for all calls (Gemini)',
    [
      delta(entry('{"x":1}', { index: 0, id: 'a', name: 'A' })),
      delta(entry('{"y":2}', { index: 0, id: 'b', name: 'B' })),
    ],
    [A, B],
  ],
  [
    'no index, an id with each new call',
    [
      delta(entry('{"x"', { id: 'a', name: 'A' })),
      delta(entry(':1}')),
      delta(entry('{"y"', { id: 'b', name: 'B' })),
      delta(entry(':2}', { id: 'b' })),
    ],
    [A, B],
  ],
  [
    'no index and no id, by position',
    [delta(entry('{"x"', { name: 'A' }), entry('{"y"', { name: 'B' })), delta(entry(':1}'), entry(':2}'))],
    [
      { name: 'A', arguments: '{"x":1}' },
      { name: 'B', arguments: '{"y":2}' },
    ],
  ],
  [
    'arguments that are an object',
    [delta({ index: 0, id: 'a', function: { name: 'A', arguments: { x: 1 } } })],
    [{ ...A, arguments: { x: 1 } }],
  ],
  ['a name after the id', [delta({ index: 0, id: 'a' }), delta(entry('{"x":1}', { index: 0, name: 'A' }))], [A]],
  [
    'the older form',
    [older({ name: 'A', arguments: '' }), older({ arguments: '{"x"' }), older({ arguments: ':1}' })],
    [{ name: 'A', arguments: '{"x":1}' }],
  ],
  ['entries that are none', [delta(null, 'x', 1), older('x'), delta()], []],
];

describe('the tool calls of a stream', () => {
  it.each(STREAMS)('are put together from %s', (_how, deltas, calls) => {
    expect(collect(...deltas).calls).toEqual(calls);
  });

  it('give the text of their arguments as it comes', () => {
    const { pieces } = collect(
      delta(entry('', { index: 0, id: 'a', name: 'A' })),
      delta(entry('{"x"', { index: 0 }), entry('{"y":2}', { index: 1, id: 'b', name: 'B' })),
      delta(entry(':1}', { index: 0 })),
    );
    expect(pieces).toEqual(['', '{"x"{"y":2}', ':1}']);
  });

  it('are the same however their arguments are cut and interleaved', () => {
    const argumentsText = fc.json().map((value) => JSON.stringify({ value }));
    const calls = fc.array(argumentsText, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(calls, fc.infiniteStream(fc.nat()), (texts, choices) => {
        const next = (below: number) => (choices.next().value as number) % below;
        const rest = texts.map((text, index) => ({ index, text }));
        const deltas = rest.map(({ index }) => delta(entry('', { index, id: `c${index}`, name: `T${index}` })));
        for (let left = rest.filter(({ text }) => text); left.length > 0; left = rest.filter(({ text }) => text)) {
          const call = left[next(left.length)] as { index: number; text: string };
          const length = 1 + next(call.text.length);
          deltas.push(delta(entry(call.text.slice(0, length), { index: call.index })));
          call.text = call.text.slice(length);
        }
        const expected = texts.map((text, index) => ({ id: `c${index}`, name: `T${index}`, arguments: text }));
        expect(collect(...deltas).calls).toEqual(expected);
      }),
    );
  });
});

describe('the tool calls of a whole message', () => {
  it('are all of its entries, also without ids', () => {
    const message = delta(entry('{"x":1}', { name: 'A' }), entry('{"y":2}', { name: 'B' }));
    const calls = [
      { name: 'A', arguments: '{"x":1}' },
      { name: 'B', arguments: '{"y":2}' },
    ];
    expect(toolCallsIn(message)).toEqual(calls);
    const collector = new ToolCallCollector();
    collector.addMessage(message);
    expect(collector.calls).toEqual(calls);
  });
});
