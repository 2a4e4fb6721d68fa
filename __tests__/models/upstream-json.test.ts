import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { body, chatChunk, chatEvents, chatText } from '../../lab/chat-replies.js';
import { damaged, outcomeOf } from '../../lab/damaged-json.js';
import { collector, createGuarded, type Guarded } from '../../lab/guarded.js';

const RUNS = { numRuns: 200 };
/** An open breaker would hide what the answers do. */
const NEVER_LEFT_ALONE = { ELIZANET_FAILURE_THRESHOLD: 1_000 };

let guarded: Guarded;

beforeAll(async () => {
  guarded = await createGuarded({ plugins: [], settings: NEVER_LEFT_ALONE });
});

afterAll(async () => {
  await guarded.stop();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

const COMPLETION = {
  id: 'chatcmpl-1',
  model: 'gpt-4o',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'The answer.', refusal: null, tool_calls: [] },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, details: { reasoning_tokens: 0 } },
};

describe('damaged JSON of an upstream', () => {
  it('in the place of an answer gives a text or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(COMPLETION), async (text) => {
        guarded.elizaNet.fault = body(text);
        const outcome = await outcomeOf(guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' }));
        if (outcome) expect(outcome.value).toSatisfy((value) => typeof value === 'string' && value !== '');
      }),
      RUNS,
    );
  });

  it('in an event of a stream gives a text or a typed error', async () => {
    const events = [
      chatChunk({ role: 'assistant', content: 'The ' }),
      chatChunk({ content: 'answer.' }, 'stop'),
      { choices: [], usage: COMPLETION.usage },
    ].map((event) => JSON.stringify(event));
    const broken = fc
      .tuple(fc.nat(2), damaged(chatChunk({ role: 'assistant', content: 'The ', tool_calls: [] }, 'stop')))
      .map(([at, event]) => [...events.slice(0, at), event, ...events.slice(at + 1), '[DONE]']);
    await fc.assert(
      fc.asyncProperty(broken, async (lines) => {
        guarded.elizaNet.fault = chatEvents(lines);
        const { chunks, onStreamChunk } = collector();
        const outcome = await outcomeOf(guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi', onStreamChunk }));
        if (outcome) expect(outcome.value).toBe(chunks.join(''));
        expect(chunks.every((chunk) => typeof chunk === 'string')).toBe(true);
      }),
      RUNS,
    );
  });

  const OBJECT = { name: 'Ada', age: 36, tags: ['a', 'b'], address: { city: 'London', zip: null }, scores: [1.5, -2] };
  const SCHEMA = {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1 },
      age: { type: 'integer', minimum: 0 },
      tags: { type: 'array', items: { type: 'string' } },
      address: {
        type: 'object',
        properties: { city: { type: 'string' }, zip: { type: ['string', 'null'] } },
        required: ['city'],
      },
    },
    required: ['name', 'age', 'tags'],
  };
  /** Another validator than the one under test. Its integers end at 2^53, those of JSON Schema do not. */
  const properties = { ...SCHEMA.properties, age: { type: 'number', minimum: 0, multipleOf: 1 } };
  const judge = z.fromJSONSchema({ ...SCHEMA, properties } as never);
  const wraps: ((json: string) => string)[] = [
    (json) => json,
    (json) => `\`\`\`json\n${json}\n\`\`\``,
    (json) => `Here it is: ${json} — anything {else}?`,
  ];
  const answers = fc.tuple(damaged(OBJECT), fc.constantFrom(...wraps)).map(([json, wrap]) => wrap(json));

  it('in an object gives one that the schema allows, or a typed error', async () => {
    let valid = 0;
    await fc.assert(
      fc.asyncProperty(answers, async (text) => {
        guarded.elizaNet.fault = chatText(text);
        const outcome = await outcomeOf(
          guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'hi', schema: SCHEMA as never }),
        );
        if (!outcome) return;
        valid++;
        expect(judge.safeParse(outcome.value).success).toBe(true);
        expectPlain(outcome.value);
      }),
      RUNS,
    );
    expect(valid).toBeGreaterThan(10);
  });

  it('without a schema gives an object, or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (text) => {
        guarded.elizaNet.fault = chatText(text);
        const outcome = await outcomeOf(guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'hi' }));
        if (!outcome) return;
        expect(Object.prototype.toString.call(outcome.value)).toBe('[object Object]');
        expectPlain(outcome.value);
      }),
      RUNS,
    );
  });
});

/** Nothing in it is armed, or lost when it is written down again. */
function expectPlain(value: unknown): void {
  const json = JSON.stringify(value);
  expect(json).not.toContain('polluted');
  expect(JSON.stringify(JSON.parse(json))).toBe(json);
}
