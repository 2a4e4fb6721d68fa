import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEnv, readEnvFiles } from '../../src/doctor/env-files.js';
import { cwd, setUp } from './examine.js';

setUp();

describe('readEnvFiles', () => {
  it('returns no file of the folder when it has none', () => {
    expect(readEnvFiles(cwd).filter(({ path }) => path === '.env')).toEqual([]);
  });

  it('returns the files of the folder and of its parents, the nearest first', () => {
    const inner = join(cwd, 'packages', 'agent');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, '.env'), 'A=inner');
    writeFileSync(join(cwd, '.env'), 'A=outer\nB=outer');
    expect(readEnvFiles(inner).slice(0, 2)).toEqual([
      { path: '.env', values: { A: 'inner' } },
      { path: join('..', '..', '.env'), values: { A: 'outer', B: 'outer' } },
    ]);
  });

  it('skips a folder named .env', () => {
    mkdirSync(join(cwd, '.env'));
    writeFileSync(join(dirname(cwd), '.env'), 'A=b');
    expect(readEnvFiles(cwd)[0]).toEqual({ path: join('..', '.env'), values: { A: 'b' } });
  });
});

describe('parseEnv', () => {
  // The parser that core reads .env with.
  const dotenv = createRequire(createRequire(import.meta.url).resolve('@elizaos/core'))('dotenv');

  it.each([
    ['a plain value', 'A=b', 'b'],
    ['a value with spaces around it', '  A =  b c  ', 'b c'],
    ['an exported value', 'export A=b', 'b'],
    ['a colon', 'A: b', 'b'],
    ['double quotes', 'A="b # c"', 'b # c'],
    ['a line break in double quotes', 'A="b\\nc"', 'b\nc'],
    ['lines in double quotes', 'A="b\nc"', 'b\nc'],
    ['lines in single quotes', "A='b\nc'", 'b\nc'],
    ['single quotes', "A='b\\nc'", 'b\\nc'],
    ['backquotes', 'A=`b "c"`', 'b "c"'],
    ['a quote that does not end', 'A="b', '"b'],
    ['text after quotes', 'A="b" c', '"b" c'],
    ['a comment after a value', 'A=b # why', 'b'],
    ['a comment after quotes', 'A="b" # why', 'b'],
    ['an equals sign in a value', 'A=b=c', 'b=c'],
    ['an empty value', 'A=', ''],
    ['empty quotes', 'A=""', ''],
    ['Windows line endings', 'A=b\r\n', 'b'],
    ['the last of two', 'A=a\nA=b', 'b'],
  ])('reads %s, as dotenv does', (_, line, value) => {
    const text = `# a comment\n\n${line}\nB=2\n`;
    expect(parseEnv(text)).toEqual({ A: value, B: '2' });
    expect(dotenv.parse(text)).toEqual({ A: value, B: '2' });
  });

  it('reads the first line of a file that begins with a byte order mark', () => {
    expect(parseEnv('\ufeffA=b')).toEqual({ A: 'b' });
  });
});
