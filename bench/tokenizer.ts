/**
 * Our tokenizer beside js-tiktoken, gpt-tokenizer, ai-tokenizer and tiktoken (wasm), in one run: the start from nothing,
 * each in processes of its own; texts of 9,000 characters; runs of one letter, and for ours of other kinds; and whether the ids are those of tiktoken
 * for 10,000 strings, without which the rest would be worth nothing: if they are not, it ends with an error.
 * `npm run bench:tokenizer [-- --json]`
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { build } from 'tsup';
import { anyText, tiktokenIds } from '../lab/tokenizer-texts.js';
import { decodeText, encodeText } from '../src/models/tokenizer/encoders.js';
import type { EncodingName } from '../src/models/tokenizer/encoding-name.js';
import { LIBRARY_NAMES, type Library } from './tokenizer/libraries.js';

const ENCODINGS: readonly EncodingName[] = ['o200k_base', 'cl100k_base'];
const COLD_ROUNDS = 7;
const STRINGS = 10_000;
const SEED = 20_260;

const root = fileURLToPath(new URL('..', import.meta.url));
// Built, so that no loader of TypeScript is part of a start; inside node_modules, so that the packages are found.
const outDir = join(root, 'node_modules', '.cache', 'bench-tokenizer');
const entry = ['cold', 'warm', 'long-runs'].map((name) => join(root, 'bench', 'tokenizer', `${name}.ts`));
await build({
  entry,
  outDir,
  format: 'esm',
  target: 'node18',
  config: false,
  silent: true,
  skipNodeModulesBundle: true,
});

const child = <T>(script: string, ...args: string[]) =>
  JSON.parse(execFileSync(process.execPath, [join(outDir, `${script}.js`), ...args], { encoding: 'utf8' })) as T;
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

interface Cold {
  coldMs: number;
  blockMs: number;
  rssMb: number;
}

/** Medians of fresh processes, one library after the other in each round. */
function measureCold(encoding: EncodingName): Record<Library, Cold & { ratio: number }> {
  const rounds = Array.from({ length: COLD_ROUNDS }, () =>
    Object.fromEntries(LIBRARY_NAMES.map((library) => [library, child<Cold>('cold', library, encoding)])),
  ) as Record<Library, Cold>[];
  const of = (library: Library, key: keyof Cold) => median(rounds.map((round) => round[library][key]));
  return Object.fromEntries(
    LIBRARY_NAMES.map((library) => {
      const ratio = median(rounds.map((round) => round[library].coldMs / round.ours.coldMs));
      // Other load on the machine makes a block longer, so the shortest of the rounds counts.
      const blockMs = Math.min(...rounds.map((round) => round[library].blockMs));
      return [library, { coldMs: of(library, 'coldMs'), ratio, blockMs, rssMb: of(library, 'rssMb') }];
    }),
  ) as Record<Library, Cold & { ratio: number }>;
}

interface Warm {
  /** Microseconds by kind of text, `fresh` or `repeated`, and library. */
  texts: Record<string, Record<string, Record<Library, number>>>;
  /** Milliseconds by library and length. */
  runs: Record<Library, Record<string, number>>;
}

/** By kind: milliseconds of processor time by length, and the longest block of the event loop for a million characters. */
type LongRuns = Record<string, { ms: Record<string, number>; blockMs: number }>;

/** How many of the strings have other ids than tiktoken's, and how many do not come back as they were. */
async function checkExactness(
  encoding: EncodingName,
): Promise<{ strings: number; different: number; changed: number }> {
  let different = 0;
  let changed = 0;
  const strings = fc.sample(anyText, { numRuns: STRINGS, seed: SEED });
  for (const text of strings) {
    const ids = await encodeText(encoding, text);
    if (ids.join() !== tiktokenIds(encoding, text).join()) different++;
    // A lone surrogate has no UTF-8: it comes back as U+FFFD, as it does from tiktoken.
    const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
    if ((await decodeText(encoding, ids)) !== wellFormed) changed++;
  }
  return { strings: strings.length, different, changed };
}

interface Result {
  cold: ReturnType<typeof measureCold>;
  warm: Warm;
  longRuns: LongRuns;
  exactness: object;
}

const results: Record<string, Result> = {};
let exact = true;
for (const encoding of ENCODINGS) {
  const exactness = await checkExactness(encoding);
  exact &&= exactness.different === 0 && exactness.changed === 0;
  results[encoding] = {
    cold: measureCold(encoding),
    warm: child<Warm>('warm', encoding, root),
    longRuns: child<LongRuns>('long-runs', encoding),
    exactness,
  };
}
rmSync(outDir, { recursive: true });

if (process.argv.includes('--json')) console.log(JSON.stringify(results));
else for (const [encoding, result] of Object.entries(results)) print(encoding, result);
if (!exact) console.error('The ids are not those of tiktoken, or the text is not the one that was encoded.');
process.exit(exact ? 0 : 1);

function print(encoding: string, { cold, warm, longRuns, exactness }: Result): void {
  const round = (value: number | undefined, digits = 0) =>
    value === undefined || Number.isNaN(value) ? '-' : Number(value.toFixed(digits));
  console.log(`\n${encoding}: ids against tiktoken's: ${JSON.stringify(exactness)}`);
  console.log('\nFrom nothing to the first encoded text, in fresh processes; x = times ours');
  console.table(
    Object.fromEntries(
      LIBRARY_NAMES.map((library) => {
        const { coldMs, ratio, blockMs, rssMb } = cold[library];
        return [
          library,
          { ms: round(coldMs), x: round(ratio, 2), 'longest block, ms': round(blockMs), 'RSS, MB': round(rssMb) },
        ];
      }),
    ),
  );
  console.log('\nMicroseconds for 9,000 characters; x = times ours');
  const rows: Record<string, Record<string, number | string>> = {};
  for (const [kind, passes] of Object.entries(warm.texts)) {
    for (const [pass, times] of Object.entries(passes)) {
      const row: Record<string, number | string> = {};
      for (const library of LIBRARY_NAMES) {
        row[library] = round(times[library]);
        if (library !== 'ours') row[`${library}, x`] = round(times[library] / times.ours, 1);
      }
      rows[`${kind}, ${pass}`] = row;
    }
  }
  console.table(rows);
  console.log("\nMilliseconds for 'a' x n; nothing beyond a run that took more than 1.5 s");
  const lengths = Object.keys(warm.runs.ours);
  console.table(
    Object.fromEntries(
      LIBRARY_NAMES.map((library) => [
        library,
        Object.fromEntries(lengths.map((length) => [length, round(warm.runs[library][length], 1)])),
      ]),
    ),
  );
  const { 16000: short = Number.NaN, 64000: long = Number.NaN } = warm.runs.ours;
  console.log(`ours: t(64k) / t(16k) = ${(long / short).toFixed(2)}`);
  console.log(
    '\nOurs, for runs of each kind: milliseconds of processor time by characters; the block is that of 1,000,000 characters',
  );
  console.table(
    Object.fromEntries(
      Object.entries(longRuns).map(([kind, { ms, blockMs }]) => [
        kind,
        {
          ...Object.fromEntries(Object.entries(ms).map(([length, time]) => [length, round(time, 1)])),
          't(64k) / t(16k)': round((ms[64_000] ?? Number.NaN) / (ms[16_000] ?? Number.NaN), 2),
          'longest block, ms': round(blockMs),
        },
      ]),
    ),
  );
}
