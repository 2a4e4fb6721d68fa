import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readEnvFile } from '../../src/doctor/env-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elizanet-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('returns undefined for a folder without .env', () => {
  expect(readEnvFile(folder)).toBeUndefined();
});

it.each([
  ['a plain value', 'A=b', 'b'],
  ['a value with spaces around it', '  A =  b c  ', 'b c'],
  ['an exported value', 'export A=b', 'b'],
  ['double quotes', 'A="b # c"', 'b # c'],
  ['a line break in double quotes', 'A="b\\nc"', 'b\nc'],
  ['single quotes', "A='b\\nc'", 'b\\nc'],
  ['a comment after a value', 'A=b # why', 'b'],
  ['a comment after quotes', 'A="b" # why', 'b'],
  ['an equals sign in a value', 'A=b=c', 'b=c'],
  ['an empty value', 'A=', ''],
  ['Windows line endings', 'A=b\r\n', 'b'],
])('reads %s', (_, line, value) => {
  writeFileSync(join(folder, '.env'), `# a comment\n\n${line}\nB=2\n`);
  expect(readEnvFile(folder)).toEqual({ A: value, B: '2' });
});
