import { isObject } from '../../core/is-record.js';
import type { Problem } from './object-problem.js';

/** Nesting beyond this is an attack or a bug, and overflows the stack of code that walks the value recursively. */
export const MAX_DEPTH = 100;

/**
 * Makes a parsed JSON value safe to pass on: deletes `__proto__` and `constructor.prototype`, through which a naive merge
 * would write to the prototype of every object (the rule of secure-json-parse). Changes the value in place.
 * @returns what cannot be made safe: nesting deeper than `MAX_DEPTH`, and numbers too large for JavaScript, which would
 *   be written as `null`.
 */
export function makePlain(root: unknown): Problem | undefined {
  if (isTooLarge(root)) return TOO_LARGE;
  let level = isObject(root) ? [root] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return { path: '', rule: 'depth', hint: `it is nested deeper than ${MAX_DEPTH} levels` };
    const next: Record<string, unknown>[] = [];
    for (const node of level) {
      if (!Array.isArray(node)) disarm(node);
      for (const child of Object.values(node)) {
        if (isTooLarge(child)) return TOO_LARGE;
        if (isObject(child)) next.push(child);
      }
    }
    level = next;
  }
  return undefined;
}

const TOO_LARGE: Problem = { path: '', rule: 'range', hint: 'a number in it is too large' };

function isTooLarge(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

function disarm(node: Record<string, unknown>): void {
  if (Object.hasOwn(node, '__proto__')) Reflect.deleteProperty(node, '__proto__');
  if (!Object.hasOwn(node, 'constructor')) return;
  const value = node.constructor as unknown;
  if (isObject(value) && Object.hasOwn(value, 'prototype')) Reflect.deleteProperty(node, 'constructor');
}
