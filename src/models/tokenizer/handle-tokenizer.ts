import type { DetokenizeTextParams, TokenizeTextParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import type { Config } from '../../environment.js';
import type { ModelContext } from '../context.js';
import { validateInput } from '../validate-input.js';
import { decodeText, encodeText } from './encoders.js';
import { DEFAULT_ENCODING, type EncodingName, encodingOf } from './encoding-name.js';

type TokenizerContext = Pick<ModelContext, 'config' | 'log'>;

/** Models of a runtime whose tokenizer is a guess, and whose log has said so. */
const announced = new WeakMap<Config, Set<string>>();

/**
 * Serves TEXT_TOKENIZER_ENCODE, without a request.
 * @returns token ids; special tokens inside the text are plain text.
 * @throws {InvalidInputError} for a prompt that is no string or too long.
 * @throws {TokenizerUnavailableError} when the ranks of the encoding cannot be loaded.
 */
export async function tokenizeText(context: TokenizerContext, params: TokenizeTextParams): Promise<number[]> {
  const prompt = validateInput(params?.prompt, 'prompt', context.config.ELIZANET_MAX_INPUT_LENGTH);
  return encodeText(encodingFor(context, params.modelType), prompt);
}

/**
 * Serves TEXT_TOKENIZER_DECODE, without a request.
 * @returns the text; what is no well-formed UTF-8, such as half a character, becomes U+FFFD.
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

/** The encoding of the model that serves a type. Core names the tokenizer itself as the type: then the large one. */
function encodingFor({ config, log }: TokenizerContext, modelType: string | undefined): EncodingName {
  const model = modelType === 'TEXT_SMALL' ? config.ELIZANET_SMALL_MODEL : config.ELIZANET_LARGE_MODEL;
  const encoding = encodingOf(model);
  if (encoding) return encoding;
  const models = announced.get(config) ?? new Set();
  if (!models.has(model)) {
    announced.set(config, models.add(model));
    log.debug(`counts the tokens of ${model} by ${DEFAULT_ENCODING}: its own encoding is not known`);
  }
  return DEFAULT_ENCODING;
}
