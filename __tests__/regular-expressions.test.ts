import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { repetitionsOf } from '../lab/repetitions.js';

const SRC = new URL('../src/', import.meta.url);

/** Files whose pattern breaks a rule below and takes little time all the same, with the reason. */
const EXCEPTIONS: Record<string, string> = {
  'doctor/advice.ts': 'reads the words of an upstream, at most 500 characters',
  'http/encode-request.ts': 'tries a run of backslashes at its beginning only',
  'doctor/status.ts': 'reads an option of the command',
  'doctor/env-files.ts': "reads the operator's own files",
  'models/object/read-json.ts': 'reads at most 200 characters',
  'observe/log.ts': "reads the plugin's own lines",
  'setting-builders.ts': "reads the operator's own settings",
  'suites/failover.ts': "reads the plugin's own errors",
};

/** Files that compose patterns with `RegExp`. Each has a test of the time that its patterns take. */
const COMPOSING = [
  'core/classify/templates/template.ts',
  'models/dialect/named-field.ts',
  'models/object/without-thinking.ts',
  'models/tokenizer/piece-pattern.ts',
];

interface Pattern {
  file: string;
  source: string;
  flags: string;
}

const patterns: Pattern[] = [];
const composing = new Set<string>();
for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      patterns.push({ file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') {
      composing.add(file);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(new URL(file, SRC), 'utf8'), ts.ScriptTarget.Latest, true));
}

const shown = ({ file, source, flags }: Pattern) => `${file}: /${source}/${flags}`;
const isTriedOnce = ({ source, flags }: Pattern) =>
  flags.includes('y') || (source.startsWith('^') && !flags.includes('m'));

describe('a regular expression of the source', () => {
  const breaksRule = (pattern: Pattern) => {
    const { isFollowed, isNested } = repetitionsOf(pattern.source);
    return isNested || (isFollowed && !isTriedOnce(pattern));
  };

  it('that is tried at each position repeats without a bound only at its end, and none nests such repetitions', () => {
    const breaking = patterns.filter(breaksRule);
    expect(breaking.filter(({ file }) => !(file in EXCEPTIONS)).map(shown)).toEqual([]);
    expect(Object.keys(EXCEPTIONS).filter((file) => !breaking.some((pattern) => pattern.file === file))).toEqual([]);
  });

  it('is composed at run time in few places', () => {
    expect([...composing].sort()).toEqual(COMPOSING);
  });
});
