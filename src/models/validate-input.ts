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
  assertLength(input.length, `${name} has`, maxLength);
  return input;
}

/**
 * @param subject what is too long, with its verb: `prompt has`.
 * @throws {InvalidInputError} for more than `maxLength` characters.
 */
export function assertLength(length: number, subject: string, maxLength: number): void {
  if (length <= maxLength) return;
  throw new InvalidInputError(
    `${subject} ${length} characters, more than the ${maxLength} that ELIZANET_MAX_INPUT_LENGTH allows`,
  );
}
