import type { Clock } from './clock.js';
import { isRealVector } from './embedding-vector.js';

/** From this cosine on two vectors of one text are of one space: rounding takes less, another model leaves about 0. */
export const SAME_SPACE_COSINE = 0.95;

/** Narrower vectors of two models can be close by chance. */
const MIN_WIDTH = 8;
/** A longer text is not worth keeping, nor sending again. */
const MAX_TEXT_CHARS = 4_000;
/** Related models agree on "ok" more than on a sentence; a shorter text is kept only until a longer one comes. */
const GOOD_TEXT_CHARS = 20;
/** After this time a newer pair takes the place of a remembered one, and a finding is made again. */
const TRUSTED_MS = 10 * 60_000;

interface Pair {
  provider: string;
  text: string;
  vector: readonly number[];
  rememberedAt: number;
}

interface Finding {
  pair: Pair;
  madeAt: number;
  cosine: Promise<number>;
  /** The same, once it is there. */
  known?: number;
}

/**
 * Knows in which space the vectors of an agent's store are: two models of equal width are still two spaces, and a
 * vector of the wrong one finds nothing. Remembers one text with the primary's own vector for it, in memory only.
 */
export class EmbeddingSpace {
  #width: number | undefined;
  #pair: Pair | undefined;
  #finding: Finding | undefined;

  constructor(private readonly clock: Clock) {}

  /** Length of the primary's last vector; undefined before the first one. */
  get width(): number | undefined {
    return this.#width;
  }

  /** What is known by now, without asking anyone: see `compare`. */
  get cosine(): number | undefined {
    return this.#currentFinding()?.known;
  }

  /**
   * Learns from an answer of any provider but ElizaNet; the last one counts. Blank and long texts and marked vectors
   * tell the width at most.
   */
  learn(provider: string, text: unknown, vector: unknown): void {
    if (!Array.isArray(vector) || vector.length === 0) return;
    this.#width = vector.length;
    if (this.#pair && this.#pair.vector.length !== vector.length) this.#pair = undefined;
    if (!isUsableText(text) || !this.#isWanted(provider, text) || !isUsableVector(vector)) return;
    // A copy: the vector itself is the caller's.
    this.#pair = { provider, text, vector: [...vector], rememberedAt: this.clock.now() };
  }

  /**
   * Compares the remembered vector with another one for the same text. Asks once, also when several callers come at
   * the same time, and remembers what was found for ten minutes.
   * @param embed embeds the remembered text with the model in question.
   * @returns the cosine; undefined when no pair is known.
   * @throws what `embed` throws: then nothing is decided, and the next caller tries again.
   */
  async compare(embed: (text: string) => Promise<readonly number[]>): Promise<number | undefined> {
    const pair = this.#pair;
    if (!pair) return undefined;
    const current = this.#currentFinding();
    if (current) return current.cosine;
    const cosine = embed(pair.text).then((vector) => cosineOf(pair.vector, vector));
    const finding: Finding = { pair, madeAt: this.clock.now(), cosine };
    this.#finding = finding;
    cosine.then(
      (value) => {
        finding.known = value;
      },
      () => {
        if (this.#finding === finding) this.#finding = undefined;
      },
    );
    return cosine;
  }

  /** Forgets the pair: its text is of no use for a comparison. */
  forget(): void {
    this.#pair = undefined;
  }

  #currentFinding(): Finding | undefined {
    const finding = this.#finding;
    const holds = finding?.pair === this.#pair && this.#pair && !this.#isOld(finding?.madeAt ?? 0);
    return holds ? finding : undefined;
  }

  #isWanted(provider: string, text: string): boolean {
    const pair = this.#pair;
    if (!pair || pair.provider !== provider || this.#isOld(pair.rememberedAt)) return true;
    return pair.text.length < GOOD_TEXT_CHARS && text.length > pair.text.length;
  }

  #isOld(since: number): boolean {
    return this.clock.now() - since >= TRUSTED_MS;
  }
}

function isUsableText(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MAX_TEXT_CHARS && text.trim() !== '';
}

function isUsableVector(vector: readonly unknown[]): vector is number[] {
  return vector.length >= MIN_WIDTH && isRealVector(vector);
}

/** @returns 0 for vectors of different lengths, or without a direction. */
function cosineOf(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return 0;
  let [dot, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return dot / Math.sqrt(ofA * ofB) || 0;
}
