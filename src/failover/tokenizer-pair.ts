import { InvalidInputError } from '../core/errors.js';
import { isTokenizerType } from '../core/tokenizer-type.js';
import type { Target } from './target.js';
import type { Plan } from './targets.js';

/**
 * Keeps encoding and decoding with one tokenizer: ids of one are another text to any other. Tokens are decoded by the
 * provider that has last encoded. Once ElizaNet's has served either, because a primary's failed, it serves both.
 */
export class TokenizerPair {
  #encoder: string | undefined;

  /** @param ownServes whether ElizaNet's tokenizer serves from the start. */
  constructor(private ownServes: boolean) {}

  /**
   * @returns the one target that may serve the call; undefined when any may.
   * @throws {InvalidInputError} for tokens of a provider that has no decoder.
   */
  only(modelType: string, { targets, own }: Plan): Target | undefined {
    if (!isTokenizerType(modelType)) return undefined;
    if (own && this.ownServes) return own;
    if (modelType !== 'TEXT_TOKENIZER_DECODE' || this.#encoder === undefined) return undefined;
    const decoder = targets.find(({ provider }) => provider === this.#encoder);
    if (decoder) return decoder;
    throw new InvalidInputError(`${this.#encoder} has encoded the tokens and cannot decode: it has no ${modelType}`);
  }

  answered(modelType: string, target: Target): void {
    if (!isTokenizerType(modelType)) return;
    if (target.own) this.ownServes = true;
    else if (modelType === 'TEXT_TOKENIZER_ENCODE') this.#encoder = target.provider;
  }
}
