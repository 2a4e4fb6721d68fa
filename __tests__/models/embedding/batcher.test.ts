import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { type BatchCall, Batcher, type BatcherOptions } from '../../../src/models/embedding/batcher.js';

const WINDOW_MS = 5;

interface Sent {
  texts: readonly string[];
  call: BatchCall;
  answer(): void;
  refuse(): void;
  fail(error: unknown): void;
}

/** A batcher whose batches wait for the test to decide on them. */
function manual(options: Partial<BatcherOptions<string>> = {}): {
  batcher: Batcher<string>;
  sent: Sent[];
  clock: FakeClock;
} {
  const clock = fakeClock();
  const sent: Sent[] = [];
  const batcher = new Batcher<string>({
    clock,
    maxTexts: 100,
    maxBytes: 1_000,
    windowMs: WINDOW_MS,
    send: (texts, call) =>
      new Promise((resolve, reject) => {
        const answer = () => resolve(texts.map((text) => text.toUpperCase()));
        sent.push({ texts, call, answer, refuse: () => resolve(undefined), fail: reject });
      }),
    ...options,
  });
  return { batcher, sent, clock };
}

/** A batcher whose upstream refuses each batch that `refuses` says, and counts. */
function scripted(refuses: (texts: readonly string[]) => boolean, options: Partial<BatcherOptions<string>> = {}) {
  const sizes: number[] = [];
  const { batcher } = manual({
    send: async (texts) => {
      sizes.push(texts.length);
      if (!refuses(texts)) return texts.map((text) => text.toUpperCase());
      if (texts.length > 1) return undefined;
      throw new Error(`refused ${texts[0]}`);
    },
    ...options,
  });
  const add = async (text: string) => (await batcher.add(text)).value;
  return { add, sizes };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `text ${i}`);

describe('calls that come at the same time', () => {
  it('travel together, and each gets its own answer', async () => {
    const { batcher, sent } = manual();
    const answers = ['a', 'b', 'c'].map((text) => batcher.add(text));
    await nextTurn();
    expect(sent.map(({ texts }) => texts)).toEqual([['a', 'b', 'c']]);
    sent[0]?.answer();
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual(['A', 'B', 'C']);
  });

  it('are sent in batches of at most the given number of texts, the full ones at once', async () => {
    const { batcher, sent } = manual({ maxTexts: 10 });
    for (const text of numbered(25)) batcher.add(text).catch(() => {});
    expect(sent.map(({ texts }) => texts.length)).toEqual([10, 10]);
    await nextTurn();
    expect(sent).toHaveLength(2);
  });

  it('are sent in batches of at most the given number of bytes; a longer text is sent alone', async () => {
    const { batcher, sent, clock } = manual({ maxBytes: 10 });
    for (const text of ['12345', '67890', 'é', 'x'.repeat(11), 'y']) batcher.add(text).catch(() => {});
    await nextTurn();
    clock.advance(WINDOW_MS);
    expect(sent.map(({ texts }) => texts.map((text) => text.length))).toEqual([[5, 5], [1], [11], [1]]);
  });

  it('with the same text share one entry, and get the number of callers that share it', async () => {
    const { batcher, sent } = manual();
    const answers = [batcher.add('same'), batcher.add('same'), batcher.add('other')];
    await nextTurn();
    const late = batcher.add('same');
    expect(sent[0]?.texts).toEqual(['same', 'other']);
    sent[0]?.answer();
    expect(await Promise.all([...answers, late])).toEqual([
      { value: 'SAME', sharedBy: 3 },
      { value: 'SAME', sharedBy: 3 },
      { value: 'OTHER', sharedBy: 1 },
      { value: 'SAME', sharedBy: 3 },
    ]);
  });

  it('all fail when their batch does, and the next one starts from nothing', async () => {
    const { batcher, sent } = manual();
    const down = new Error('down');
    const answers = ['a', 'b'].map((text) => batcher.add(text).catch((error) => error));
    await nextTurn();
    sent[0]?.fail(down);
    expect(await Promise.all(answers)).toEqual([down, down]);
    const again = batcher.add('a');
    await nextTurn();
    sent[1]?.answer();
    expect((await again).value).toBe('A');
  });
});

describe('the wait', () => {
  it('does not delay a lone call, which is sent in the same turn of the event loop', async () => {
    const { batcher, sent } = manual();
    batcher.add('alone').catch(() => {});
    await nextTurn();
    expect(sent).toHaveLength(1);
  });

  it('is the window for calls that come while a batch is under way', async () => {
    const { batcher, sent, clock } = manual();
    batcher.add('first').catch(() => {});
    await nextTurn();
    batcher.add('second').catch(() => {});
    await nextTurn();
    clock.advance(WINDOW_MS - 1);
    batcher.add('third').catch(() => {});
    expect(sent).toHaveLength(1);
    clock.advance(1);
    expect(sent[1]?.texts).toEqual(['second', 'third']);
  });

  it('ends early when the batch under way has come back', async () => {
    const { batcher, sent } = manual();
    const first = batcher.add('first');
    await nextTurn();
    batcher.add('second').catch(() => {});
    sent[0]?.answer();
    await first;
    // The caller that was answered asks again, in the same turn.
    batcher.add('third').catch(() => {});
    await nextTurn();
    expect(sent[1]?.texts).toEqual(['second', 'third']);
  });
});

describe('a caller that leaves', () => {
  const leaving = () => {
    const controller = new AbortController();
    return { signal: controller.signal, leave: () => controller.abort(new Error('gone')) };
  };

  it('is rejected with its reason at once, and no other caller is', async () => {
    const { batcher, sent } = manual();
    const { signal, leave } = leaving();
    const [left, other] = [batcher.add('a', signal), batcher.add('b', leaving().signal)];
    await nextTurn();
    leave();
    expect(await left.catch((error) => error.message)).toBe('gone');
    expect(sent[0]?.call.signal.aborted).toBe(false);
    sent[0]?.answer();
    expect((await other).value).toBe('B');
  });

  it('takes its text along when the batch has not been sent yet', async () => {
    const { batcher, sent } = manual();
    const { signal, leave } = leaving();
    const left = batcher.add('a', signal).catch((error) => error.message);
    batcher.add('b').catch(() => {});
    leave();
    await nextTurn();
    expect([await left, sent[0]?.texts]).toEqual(['gone', ['b']]);
  });

  it('had left before it came: nothing is sent', async () => {
    const { batcher, sent } = manual();
    const { signal, leave } = leaving();
    leave();
    expect(await batcher.add('a', signal).catch((error) => error.message)).toBe('gone');
    await nextTurn();
    expect(sent).toEqual([]);
  });

  it('leaves its text to the other callers that asked for it', async () => {
    const { batcher, sent } = manual();
    const { signal, leave } = leaving();
    const left = batcher.add('same', signal).catch((error) => error.message);
    const stays = batcher.add('same');
    await nextTurn();
    leave();
    sent[0]?.answer();
    expect([await left, (await stays).value]).toEqual(['gone', 'SAME']);
  });

  it('stops the request when it was the last one; a later caller of the text gets a new request', async () => {
    const { batcher, sent, clock } = manual();
    const [one, two] = [leaving(), leaving()];
    const gone = [batcher.add('a', one.signal), batcher.add('b', two.signal)].map((add) => add.catch(() => 'gone'));
    await nextTurn();
    one.leave();
    expect(sent[0]?.call.signal.aborted).toBe(false);
    two.leave();
    expect(sent[0]?.call.signal.aborted).toBe(true);
    const again = batcher.add('a');
    clock.advance(WINDOW_MS);
    sent[0]?.fail(sent[0].call.signal.reason);
    expect(sent[1]?.texts).toEqual(['a']);
    sent[1]?.answer();
    expect([await Promise.all(gone), (await again).value]).toEqual([['gone', 'gone'], 'A']);
  });
});

describe('a batch that is refused', () => {
  it('for one bad text fails that text alone, in few requests', async () => {
    const { add, sizes } = scripted((texts) => texts.includes('text 63'));
    const answers = await Promise.allSettled(numbered(100).map(add));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(99);
    expect(answers[63]).toMatchObject({ status: 'rejected', reason: { message: 'refused text 63' } });
    expect(sizes.length).toBeLessThanOrEqual(15);
  });

  it('for every text fails each of them, in fewer than two requests per text', async () => {
    const { add, sizes } = scripted(() => true);
    const answers = await Promise.allSettled(numbered(100).map(add));
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(sizes).toHaveLength(199);
  });

  it('for its size is sent in smaller ones from then on', async () => {
    const { add, sizes } = scripted((texts) => texts.length > 32);
    await Promise.all(numbered(100).map(add));
    expect(sizes).toEqual([100, 50, 50, 25, 25, 25, 25]);
    sizes.length = 0;
    await Promise.all(numbered(100).map(add));
    expect(sizes).toEqual([25, 25, 25, 25]);
  });

  it('by a server that takes no lists at all is sent text by text from then on', async () => {
    const { add, sizes } = scripted((texts) => texts.length > 1);
    await Promise.all(numbered(8).map(add));
    sizes.length = 0;
    expect(await Promise.all(numbered(3).map(add))).toEqual(['TEXT 0', 'TEXT 1', 'TEXT 2']);
    expect(sizes).toEqual([1, 1, 1]);
  });

  it('goes on inside the time limit of the first request, without callers that have left', async () => {
    const { batcher, sent, clock } = manual();
    const controller = new AbortController();
    batcher.add('a', controller.signal).catch(() => {});
    for (const text of ['b', 'c', 'd']) batcher.add(text).catch(() => {});
    await nextTurn();
    const startedAt = clock.now();
    clock.advance(1_000);
    controller.abort();
    sent[0]?.refuse();
    await nextTurn();
    expect(sent.slice(1).map(({ texts }) => texts)).toEqual([['b'], ['c', 'd']]);
    expect(sent.map(({ call }) => call.startedAt)).toEqual([startedAt, startedAt, startedAt]);
  });
});
