import { seededRandom } from './random.js';

/**
 * A small embedding model: the character n-grams of a text are hashed into buckets, and the counts go through a random
 * projection. Similar texts have similar vectors; different seeds are different embedding spaces, of any width.
 */
export function embeddingModel(seed: number, width = 256): (text: string) => number[] {
  const columns = new Map<number, Float64Array>();
  const columnOf = (bucket: number) => {
    let column = columns.get(bucket);
    if (!column) {
      const random = seededRandom(seed * 0x9e37 + bucket * 0x85eb + 1);
      column = Float64Array.from({ length: width }, () => random() - 0.5);
      columns.set(bucket, column);
    }
    return column;
  };
  return (text) => {
    const sum = new Float64Array(width);
    for (const bucket of buckets(text)) {
      const column = columnOf(bucket);
      for (let i = 0; i < width; i++) sum[i] = (sum[i] as number) + (column[i] as number);
    }
    const norm = Math.hypot(...sum) || 1;
    return Array.from(sum, (value) => Math.fround(value / norm));
  };
}

/** The same model, with its vectors rounded to half precision. */
export function inHalfPrecision(embed: (text: string) => number[]): (text: string) => number[] {
  return (text) => embed(text).map(toHalf);
}

export function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

const BUCKETS = 4_096;

function* buckets(text: string): Generator<number> {
  const padded = ` ${text.toLowerCase()} `;
  for (let length = 2; length <= 4; length++) {
    for (let at = 0; at + length <= padded.length; at++) {
      let hash = 2_166_136_261;
      for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ padded.charCodeAt(i), 16_777_619);
      yield (hash >>> 0) % BUCKETS;
    }
  }
}

/**
 * Rounds to ten bits of mantissa, as in IEEE 754 binary16. Its narrow range does not matter for vectors of length 1.
 */
function toHalf(value: number): number {
  if (value === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
  return Math.round(value / unit) * unit;
}
