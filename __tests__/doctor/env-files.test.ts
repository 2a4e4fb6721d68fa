import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseEnv, readBunEnvFiles, readEnvFiles } from '../../src/doctor/env-files.js';
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

describe('readBunEnvFiles', () => {
  const write = (...names: string[]) => {
    for (const name of names) writeFileSync(join(cwd, name), `A=${name}`);
  };

  it.each([
    [undefined, ['.env.local', '.env.development']],
    ['development', ['.env.local', '.env.development']],
    ['production', ['.env.local', '.env.production']],
    ['test', ['.env.test']],
  ])('returns, with NODE_ENV %s, the files that Bun loads: %j', (mode, expected) => {
    write('.env', '.env.local', '.env.development', '.env.production', '.env.test');
    expect(readBunEnvFiles(cwd, mode).map(({ path }) => path)).toEqual(expected);
    // Bun itself, which prints the value that it uses.
    const bun = fileURLToPath(new URL('../../scripts/bun.mjs', import.meta.url));
    const { NODE_ENV: _, ...rest } = process.env;
    const env = { ...rest, ...(mode ? { NODE_ENV: mode } : {}) };
    rmSync(join(cwd, '.env'));
    const print = ['--cwd', cwd, '-e', 'console.log(process.env.A)'];
    expect(execFileSync(process.execPath, [bun, ...print], { cwd, env, encoding: 'utf8' }).trim()).toBe(expected[0]);
  });

  it('returns none of a folder that has none', () => {
    expect(readBunEnvFiles(cwd)).toEqual([]);
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
