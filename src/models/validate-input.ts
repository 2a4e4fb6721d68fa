import { InvalidInputError } from '../core/errors.js';

/**
 * @returns the text itself.
 * @throws {InvalidInputError} when it is no string, or longer than `maxLength` characters. Its content is not named.
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
