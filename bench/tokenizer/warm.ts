/**
 * One process in which every library encodes the same texts, in turns: `warm.js <encoding> <root of the project>`.
 * Prints as JSON the median microseconds per text, fresh (never seen before) and repeated, and the milliseconds for
 * one run of a letter.
 */
import type { EncodingName } from '../../src/models/tokenizer/encoding-name.js';
import { type Encode, LIBRARIES, LIBRARY_NAMES, type Library } from './libraries.js';
import { benchTexts } from './texts.js';

const TEXTS = 24;
/** The first ones compile the code. */
const WARM_UP = 4;
const RUN_LENGTHS = [1_000, 4_000, 16_000, 64_000, 100_000];
/** A library that took longer than this for a run skips the next longer one. */
const PATIENCE_MS = 1_500;
/** js-tiktoken takes a quarter of a second for each of the Chinese texts. */
const SLOW: readonly Library[] = ['js-tiktoken'];
const SLOW_TEXTS = 8;

const [encoding, root] = process.argv.slice(2) as [EncodingName, string];
const encoders = {} as Record<Library, Encode>;
for (const library of LIBRARY_NAMES) encoders[library] = await LIBRARIES[library](encoding);

async function microseconds(library: Library, text: string): Promise<number> {
  const start = performance.now();
  await encoders[library](text);
  return (performance.now() - start) * 1_000;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const noTimes = () =>
  Object.fromEntries(LIBRARY_NAMES.map((library): [Library, number[]] => [library, []])) as Record<Library, number[]>;

const texts: Record<string, Record<string, Record<Library, number>>> = {};
for (const [kind, all] of Object.entries(benchTexts(root, TEXTS))) {
  const fresh = noTimes();
  const repeated = noTimes();
  for (const [index, text] of all.entries()) {
    for (let i = 0; i < LIBRARY_NAMES.length; i++) {
      // Another one goes first each time.
      const library = LIBRARY_NAMES[(index + i) % LIBRARY_NAMES.length] as Library;
      if (SLOW.includes(library) && index >= SLOW_TEXTS) continue;
      const first = await microseconds(library, text);
      const again = [await microseconds(library, text), await microseconds(library, text)];
      if (index < WARM_UP) continue;
      fresh[library].push(first);
      repeated[library].push(...again);
    }
  }
  const medians = (times: Record<Library, number[]>) =>
    Object.fromEntries(LIBRARY_NAMES.map((library) => [library, median(times[library])])) as Record<Library, number>;
  texts[kind] = { fresh: medians(fresh), repeated: medians(repeated) };
}

const runs = {} as Record<Library, Record<number, number>>;
for (const library of LIBRARY_NAMES) {
  runs[library] = {};
  for (const length of RUN_LENGTHS) {
    let ms = Number.POSITIVE_INFINITY;
    const started = performance.now();
    // The best of several: one may lose the processor to another process. No run twice, or a cache would answer.
    for (let i = 0; i < 9 && performance.now() - started < PATIENCE_MS; i++) {
      ms = Math.min(ms, (await microseconds(library, 'a'.repeat(length - i))) / 1_000);
    }
    runs[library][length] = ms;
    if (ms > PATIENCE_MS) break;
  }
}
console.log(JSON.stringify({ texts, runs }));
process.exit(0);
