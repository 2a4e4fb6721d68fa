import type { Clock } from './clock.js';
import { isPlaceholderVector, isRealVector, isVector } from './embedding-vector.js';

/** Two vectors of one text with at least this cosine are of one space: rounding costs less, another model leaves about 0. */
export const SAME_SPACE_COSINE = 0.95;

/** Shorter vectors are no embeddings, and those of two models can be close by chance. */
const MIN_WIDTH = 8;
/** Longer texts are not kept: a comparison would have to send them again. */
const MAX_TEXT_CHARS = 4_000;
/** Related models agree more on "ok" than on a sentence, so a shorter text is kept only until a longer one comes. */
const GOOD_TEXT_CHARS = 20;
/** After this time a newer text replaces the reference, and a comparison is made again. */
const TRUSTED_MS = 10 * 60_000;

/** A text with the owner's vector for it, and the results of comparisons with it, by provider. */
interface Reference {
  text: string;
  vector: ArrayLike<number>;
  rememberedAt: number;
  /** A provider does not embed this text, so that another one is needed. */
  refused: boolean;
  findings: Map<string, Finding>;
}

interface Finding {
  madeAt: number;
  /** Undefined when the provider refuses the text. */
  cosine: Promise<number | undefined>;
  /** The same, once it has been measured. */
  known?: number;
}

/** Embeds a text with the model of one provider; undefined when the model refuses this text. */
export type EmbedReference = (text: string) => Promise<ArrayLike<number> | undefined>;

/**
 * Knows the space of the vectors in an agent's store: two models of equal width are still two spaces, and a vector of
 * the wrong one finds nothing. Learns from the provider that owns the store, and compares all others with it by
 * measurement. Keeps one text with its vector, in memory only.
 */
export class EmbeddingSpace {
  #owner: string | undefined;
  #width: number | undefined;
  /** Width of an answer to a blank text. */
  #blankWidth: number | undefined;
  /** A width other than the known one that one text has had. */
  #newWidth: { width: number; text: string } | undefined;
  #reference: Reference | undefined;

  constructor(private readonly clock: Clock) {}

  /** The provider whose vectors are in the store: the first one that has embedded. Undefined before. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** Length of the vectors in the store; undefined before the first one. */
  get width(): number | undefined {
    return this.#width ?? this.#blankWidth;
  }

  /**
   * Learns the width from an answer, and from time to time keeps its text and vector as the reference. The provider of
   * the first real vector for a real text becomes the owner; answers of other providers are ignored from then on, as are
   * placeholders, vectors with something other than finite numbers, and vectors of fewer than 8.
   *
   * A width other than the known one is adopted when two different texts in a row have had it; the reference is replaced
   * then. The width of an answer to a blank text counts only until a real text has been embedded: core sizes the store by
   * such an answer at its start, but providers give a fixed one, which can be narrower than their real vectors.
   *
   * Do not call it for a provider that was asked because another one failed: its vectors are not those of the store.
   * @param text the text of the call's params; anything but a string counts as blank.
   * @param vector the provider's answer, of any type; copied when it is kept.
   */
  learn(provider: string, text: unknown, vector: unknown): void {
    if (this.#owner !== undefined && provider !== this.#owner) return;
    if (!isVector(vector) || vector.length < MIN_WIDTH) return;
    if (typeof text !== 'string' || !/\S/.test(text)) {
      this.#blankWidth = vector.length;
      return;
    }
    if (isPlaceholderVector(vector)) return;
    this.#owner = provider;
    if (!this.#adoptsWidth(vector.length, text) || !this.#isWanted(text)) return;
    this.#reference = {
      text,
      vector: Array.from(vector),
      rememberedAt: this.clock.now(),
      refused: false,
      findings: new Map(),
    };
  }

  /**
   * Compares a provider's vector for the reference with the owner's. Asks each provider once, also when several callers
   * come at the same time, and remembers the result for ten minutes or until the reference is replaced.
   * @param provider any provider other than the owner.
   * @param embed must reject when the provider fails. A text that the provider refuses is not sent to it again in that
   * time, and `learn` replaces it as soon as it can.
   * @returns the cosine; at least `SAME_SPACE_COSINE` means the same space, 0 that the vectors cannot be compared.
   * Undefined when nothing can be said: there is no reference, or the provider refuses its text.
   * @throws the error of `embed`. Nothing is decided then, and the next caller asks again.
   */
  async compare(provider: string, embed: EmbedReference): Promise<number | undefined> {
    const reference = this.#reference;
    if (!reference) return undefined;
    const current = this.#currentFinding(provider);
    if (current) return current.cosine;
    const { findings } = reference;
    const forget = () => {
      if (findings.get(provider) === finding) findings.delete(provider);
    };
    const measured = embed(reference.text).then((vector) => {
      if (vector === undefined) {
        reference.refused = true;
        return undefined;
      }
      // A placeholder is a failure of the provider, and no reason to refuse it for ten minutes.
      if (!isRealVector(vector)) forget();
      finding.known = cosineOf(reference.vector, vector);
      return finding.known;
    });
    const finding: Finding = { madeAt: this.clock.now(), cosine: measured };
    findings.set(provider, finding);
    measured.catch(forget);
    return measured;
  }

  /** What `compare` has measured for a provider and still holds, without asking it; undefined when nothing has been. */
  cosine(provider: string): number | undefined {
    return this.#currentFinding(provider)?.known;
  }

  #currentFinding(provider: string): Finding | undefined {
    const finding = this.#reference?.findings.get(provider);
    return finding && !this.#isOld(finding.madeAt) ? finding : undefined;
  }

  /** @returns false for a width that only this text has had so far. */
  #adoptsWidth(width: number, text: string): boolean {
    const isRepeated = this.#newWidth?.width === width && this.#newWidth.text !== text;
    const isAdopted = this.#width === undefined || this.#width === width || isRepeated;
    this.#newWidth = isAdopted ? undefined : { width, text };
    if (isAdopted && this.#width !== width) {
      this.#width = width;
      this.#reference = undefined;
    }
    return isAdopted;
  }

  #isWanted(text: string): boolean {
    if (text.length > MAX_TEXT_CHARS) return false;
    const reference = this.#reference;
    if (!reference || reference.refused || this.#isOld(reference.rememberedAt)) return true;
    return reference.text.length < GOOD_TEXT_CHARS && text.length > reference.text.length;
  }

  #isOld(since: number): boolean {
    return this.clock.now() - since >= TRUSTED_MS;
  }
}

/** @returns 0 for vectors of different lengths, or without a direction. */
function cosineOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
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
