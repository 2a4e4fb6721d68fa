import type { Problem } from './object-problem.js';

/** JSON nested deeper than this is an attack or a bug, and overflows the stack of whoever walks it. */
const MAX_DEPTH = 100;

/**
 * Makes a parsed JSON value safe to hand on: takes out `__proto__` and `constructor.prototype`, with which a careless
 * merge would write to every object of the process (the rule of secure-json-parse). Changes the value itself.
 * @returns what cannot be made safe: nesting without end, and numbers too large for JavaScript, which would come back as `null`.
 */
export function makePlain(root: unknown): Problem | undefined {
  const queue: { node: unknown; depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { node, depth } = next;
    if (typeof node === 'number' && !Number.isFinite(node)) {
      return { path: '', rule: 'range', hint: 'a number in it is too large' };
    }
    if (typeof node !== 'object' || node === null) continue;
    if (depth > MAX_DEPTH) return { path: '', rule: 'depth', hint: `it is nested deeper than ${MAX_DEPTH} levels` };
    if (!Array.isArray(node)) disarm(node as Record<string, unknown>);
    for (const child of Object.values(node)) queue.push({ node: child, depth: depth + 1 });
  }
  return undefined;
}

function disarm(node: Record<string, unknown>): void {
  if (Object.hasOwn(node, '__proto__')) Reflect.deleteProperty(node, '__proto__');
  if (!Object.hasOwn(node, 'constructor')) return;
  const value = node.constructor as unknown;
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype'))
    Reflect.deleteProperty(node, 'constructor');
}
