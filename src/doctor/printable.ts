import type { CheckResult } from './check-result.js';

/** Control characters, and those that reorder or hide text: a server may put them into a model's name. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Escapes all that a terminal would not print as text, line breaks included. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A result whose texts are printable. `mask` replaces secrets in them. */
export function printableResult(result: CheckResult, mask: (text: string) => string): CheckResult {
  const { detail, advice } = result;
  const shown = (text: string) => printable(mask(text));
  return { ...result, detail: shown(detail), ...(advice === undefined ? {} : { advice: shown(advice) }) };
}
