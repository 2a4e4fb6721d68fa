import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { repetitionsOf } from '../../lab/repetitions.js';
import { PATTERNS } from '../../src/core/classify/patterns.js';
import { BUSY_TEMPLATES, OUTAGE_TEMPLATES } from '../../src/core/classify/templates/outages.js';
import { QUOTA_TEMPLATES } from '../../src/core/classify/templates/quota.js';
import { REFUSAL_TEMPLATES } from '../../src/core/classify/templates/refusals.js';
import { classifyFailure, classifyResponse } from '../../src/core/classify-failure.js';

const CORE = new URL('../../src/core/', import.meta.url);
const LENGTH = 200_000;
/** Far more than linear work takes on a busy machine, and far less than quadratic work takes on an idle one. */
const LIMIT_MS = 2_000;

/** Repeats one class and nothing else, so each character is looked at once. */
const ONE_CLASS = ['separators'];

const templates = [...QUOTA_TEMPLATES, ...REFUSAL_TEMPLATES, ...BUSY_TEMPLATES, ...OUTAGE_TEMPLATES];
const patterns: [string, RegExp][] = [
  ...Object.entries(PATTERNS),
  ...templates.map(({ kind, pattern }, index): [string, RegExp] => [`template ${index}, ${kind}`, pattern]),
];

describe('patterns that see outside text', () => {
  it('are all in the tables that this test covers', () => {
    const files = [
      'classify-failure.ts',
      'retry-after.ts',
      ...readdirSync(new URL('classify/', CORE)).map((name) => `classify/${name}`),
    ];
    const others = files.filter((file) => file.endsWith('.ts') && file !== 'classify/patterns.ts');
    expect(others.filter((file) => makesPattern(readFileSync(new URL(file, CORE), 'utf8')))).toEqual([]);
  });

  it.each([
    ['^(?:[ab]{0,99} ){0,99}.{0,99}x', 1_000_000],
    ['^(?:a|b{0,9}|[c\\]]{0,3})d{5}e?', 10],
  ])('are measured: %s', (source, combinations) => {
    expect(repetitionsOf(source)).toMatchObject({ isBounded: true, combinations, isFollowed: false, isNested: false });
  });

  it.each([
    ['(a+)+b', true, true],
    ['(?:a{2,}b?)*', true, true],
    ['.*x', true, false],
    ['(?:a{2,})', false, false],
    ['x[ab]+', false, false],
  ])('are seen to repeat without a bound: %s', (source, isFollowed, isNested) => {
    expect(repetitionsOf(source)).toMatchObject({ isBounded: false, isFollowed, isNested });
  });

  it.each(patterns)('%s repeats nothing without a bound, and little that is repeated already', (name, pattern) => {
    const { isBounded, combinations } = repetitionsOf(pattern.source);
    expect(isBounded || ONE_CLASS.includes(name)).toBe(true);
    expect(combinations || 1).toBeLessThan(pattern.source.startsWith('^') ? 20_000 : 64);
    expect(pattern.flags).not.toContain('m');
  });

  it.each(patterns)('%s takes no time on long texts', (_name, pattern) => {
    const words = pattern.source.match(/[A-Za-z]{2,}/g) ?? [];
    const units = [
      'a',
      'A',
      ' ',
      '0',
      '…',
      "'",
      '.',
      '-',
      'a ',
      'A_',
      '1.',
      '\n',
      'E',
      'the ',
      ...words,
      ...words.map((word) => `${word} `),
    ];
    const startedAt = performance.now();
    for (const unit of new Set(units)) {
      const text = unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);
      if (pattern.global) text.replaceAll(pattern, ' ');
      else pattern.test(text);
    }
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
  });
});

describe('a failure with a long text', () => {
  const units = [
    "'a ",
    '"a',
    '`',
    'a. ',
    'a: ',
    '{"a":',
    '[',
    '{',
    "b'",
    '\\"',
    'http://a ',
    'Error: ',
    'OpenAIException - ',
    '429 ',
    'wait 1',
    'in 5 ',
  ];
  const phrases = [
    'Your account is ',
    'You have reached your ',
    'The request exceeds the ',
    'Requests to the x Operation ',
  ];

  it.each([...units, ...phrases])('of %j is judged at once', (unit) => {
    const text = unit.repeat(Math.ceil(LENGTH / unit.length));
    const startedAt = performance.now();
    classifyFailure(new Error(text), 0, { request: { prompt: text } });
    classifyResponse({ status: 429, body: text }, 0, { request: text });
    classifyFailure({ responseBody: `{"error":{"message":${JSON.stringify(text)}}}` }, 0);
    classifyFailure(
      {
        cause: { lastError: { message: text, error: text, body: text } },
        errors: Array(1_000).fill({ message: text }),
      },
      0,
    );
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
  });
});

/** Whether a source makes a regular expression, by a literal or by `RegExp`. */
function makesPattern(source: string): boolean {
  const visit = (node: ts.Node): boolean =>
    ts.isRegularExpressionLiteral(node) ||
    (ts.isIdentifier(node) && node.text === 'RegExp') ||
    !!ts.forEachChild(node, visit);
  return visit(ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest));
}
