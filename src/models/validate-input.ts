import { InvalidInputError } from '../core/errors.js';

/**
 * @returns the input.
 * @throws {InvalidInputError} when it is not a string, or longer than `maxLength` characters. The message does not quote
 * it.
 */
export function validateInput(input: unknown, name: string, maxLength: number): string {
  if (typeof input !== 'string') {
    throw new InvalidInputError(`${name} must be a string, not ${input === null ? 'null' : typeof input}`);
  }
  if (input.length > maxLength) {
    throw new InvalidInputError(
      `${name} has ${input.length} characters, more than the ${maxLength} that ELIZANET_MAX_INPUT_LENGTH allows`,
    );
  }
  return input;
}
