import type { DetokenizeTextParams, TokenizeTextParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import type { Config } from '../../environment.js';
import type { ModelContext } from '../context.js';
import { validateInput } from '../validate-input.js';
import { decodeText, encodeText } from './encoders.js';
import { DEFAULT_ENCODING, type EncodingName, encodingOf } from './encoding-name.js';

type TokenizerContext = Pick<ModelContext, 'config' | 'log'>;

/** The models of each runtime that have been logged as unknown. */
const announced = new WeakMap<Config, Set<string>>();

/**
 * Serves TEXT_TOKENIZER_ENCODE in this process.
 * @returns token ids; special tokens inside the text are plain text.
 * @throws {InvalidInputError} for a prompt that is not a string or is too long.
 * @throws {TokenizerUnavailableError} when the ranks of the encoding cannot be loaded.
 */
export async function tokenizeText(context: TokenizerContext, params: TokenizeTextParams): Promise<number[]> {
  const prompt = validateInput(params?.prompt, 'prompt', context.config.ELIZANET_MAX_INPUT_LENGTH);
  return encodeText(encodingFor(context, params.modelType), prompt);
}

/**
 * Serves TEXT_TOKENIZER_DECODE in this process.
 * @returns the text; bytes that are not well-formed UTF-8, such as half a character, become U+FFFD.
 * @throws {InvalidInputError} for anything but a list of ids of the model's encoding.
 * @throws {TokenizerUnavailableError} when the ranks of the encoding cannot be loaded.
 */
export async function detokenizeText(context: TokenizerContext, params: DetokenizeTextParams): Promise<string> {
  const tokens = params?.tokens;
  if (!Array.isArray(tokens) || !tokens.every((token) => Number.isInteger(token) && token >= 0)) {
    throw new InvalidInputError('tokens must be a list of non-negative whole numbers');
  }
  return decodeText(encodingFor(context, params.modelType), tokens);
}

/**
 * The encoding for a model type: that of ElizaNet's small model for `TEXT_SMALL` and `OBJECT_SMALL`, else of the large one,
 * as for core, which passes the type of the tokenizer itself. The same type is always encoded and decoded alike. A model
 * whose encoding is unknown shares that of the other one, so that ids can be decoded without their type.
 */
function encodingFor({ config, log }: TokenizerContext, modelType: string | undefined): EncodingName {
  const { ELIZANET_SMALL_MODEL: small, ELIZANET_LARGE_MODEL: large } = config;
  const [model, other] = modelType === 'TEXT_SMALL' || modelType === 'OBJECT_SMALL' ? [small, large] : [large, small];
  const known = encodingOf(model);
  if (known) return known;
  const encoding = encodingOf(other) ?? DEFAULT_ENCODING;
  const models = announced.get(config) ?? new Set();
  if (!models.has(model)) {
    announced.set(config, models.add(model));
    log.write('encoding_unknown', { model, encoding });
  }
  return encoding;
}
