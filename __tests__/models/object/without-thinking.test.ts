import { describe, expect, it } from 'vitest';
import { withoutThinking } from '../../../src/models/object/without-thinking.js';

const ANSWER = '{"a":2}';

describe("a model's thinking", () => {
  it.each([
    ['DeepSeek', '<think>perhaps {"a":1}? no</think>{"a":2}'],
    ['in capitals', '<THINK>perhaps {"a":1}? no</Think>{"a":2}'],
    ['with an attribute', '<thinking mode="deep">perhaps {"a":1}? no</thinking>{"a":2}'],
    ['with spaces', '< think >perhaps {"a":1}? no</ think >{"a":2}'],
    ['reasoning', '<reasoning>\nperhaps {"a":1}? no\n</reasoning>\n\n{"a":2}'],
    ['a thought', '<thought>{"a":1}</thought>{"a":2}'],
    ['Seed', '<seed:think>{"a":1}</seed:think>{"a":2}'],
    ['Kimi', '◁think▷{"a":1}◁/think▷{"a":2}'],
    ['Magistral', '[THINK]{"a":1}[/THINK]{"a":2}'],
    ['Cohere', '<|START_THINKING|>{"a":1}<|END_THINKING|>{"a":2}'],
    [
      'gpt-oss',
      '<|channel|>analysis<|message|>perhaps {"a":1}?<|end|><|start|>assistant<|channel|>final<|message|>{"a":2}<|return|>',
    ],
    [
      'gpt-oss in JSON mode',
      '<|channel|>analysis<|message|>{"a":1}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{"a":2}',
    ],
    [
      'gpt-oss, twice',
      '<|channel|>analysis<|message|>{"a":1}<|end|><|start|>assistant<|channel|>analysis<|message|>{"a":3}<|end|><|start|>assistant<|channel|>final<|message|>{"a":2}<|end|>',
    ],
    ['gpt-oss without its special tokens', 'analysisPerhaps {"a":1}? No.assistantfinal{"a":2}'],
    ['several times', '<think>{"a":1}</think><think>{"a":3}</think>{"a":2}'],
    ['after the answer too', '{"a":2}<think>was that right? {"a":1}</think>'],
    ['without an opening tag', 'perhaps {"a":1}? no</think>{"a":2}'],
    ['without an opening tag, with half an object', 'perhaps {"a": "x or [ </think>{"a":2}'],
    ['nested', '<think>one <think>{"a":1}</think> two {"a":3}</think>{"a":2}'],
    ['that mentions an opening tag', '<think>I am in <think>, so {"a":1}</think>{"a":2}'],
    ['that mentions a closing tag', '<think>when I write </think> then {"a":1} counts</think>{"a":2}'],
    ['with tags that do not match', '<think>{"a":1}</thinking>{"a":2}'],
    ['with fences', '<think>```json\n{"a":1}\n```</think>{"a":2}'],
    ['with a fence that never ends', '<think>```json\n{"a":1}</think>{"a":2}'],
    ['with a tag in the string of an object', '<think>{"b":"</think>"} or {"a":1}</think>{"a":2}'],
    ['with a bracket that is never closed', '<think>see [1 or {</think>{"a":2}'],
    ['escaped for HTML', '&lt;think&gt;{"a":1}&lt;/think&gt;{"a":2}'],
    ['empty', '<think>\n\n</think>\n\n{"a":2}'],
  ])('is removed: %s', (_, text) => {
    expect(withoutThinking(text)).toBe(ANSWER);
  });

  it.each([
    ['cut', '<think>perhaps {"a":1}?'],
    ['cut in a second round', '{"a":1}<think>hm, no:'],
    ['not followed by anything', 'perhaps {"a":1}? no</think>'],
    ['cut in gpt-oss', '<|channel|>analysis<|message|>perhaps {"a":1}?'],
    ['cut in gpt-oss without its special tokens', 'analysisPerhaps {"a":1}?'],
  ])('leaves nothing when it is %s', (_, text) => {
    expect(withoutThinking(text)).toBe('');
  });

  it('leaves nothing when it was cut after a nested part', () => {
    expect(withoutThinking('<think>one <think>{"a":1}</think> two {"a":3}', { cut: true })).toBe('');
  });

  it.each([
    '{"html":"<think>x</think>"}',
    'Here: {"html":"<think>x"} and {"b":"</think>"}',
    '```json\n{"html":"a </think> b"}\n```',
    '{"list":["<reasoning>",{"x":"◁think▷"}]}',
    "{'html': '<think>x</think>',}",
    '{\\"html\\":\\"<think>x</think>\\"}',
    '{"a":{"html":"<think>x</think>"}',
    'I think about <thinkers> and <think/>.',
    'The analysis of <br> tags.',
  ])('is not what stands in the strings of JSON, or only looks alike: %s', (text) => {
    expect(withoutThinking(text)).toBe(text);
  });

  it('is removed around an answer with tags in its strings', () => {
    const answer = '{"html":"<think>x</think>"}';
    expect(withoutThinking(`<think>hm</think>${answer}`)).toBe(answer);
    expect(withoutThinking(`<think>see [1 or { or "</think>${answer}`)).toBe(answer);
    expect(withoutThinking(`see [1 or { or "</think>${answer}`)).toBe(answer);
  });

  it.each([
    '<think>',
    '</think>',
    '<think ',
    '<',
    '{',
    '{"a":"</think>"} ',
    '{<think>',
    '"',
    '<think>{"',
    '<|channel|>analysis',
  ])('is looked for in time that grows with the length: many %j', (piece) => {
    const startedAt = performance.now();
    withoutThinking(piece.repeat(1_000_000 / piece.length));
    // In the square of the length it would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
