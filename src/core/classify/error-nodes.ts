import { type Foreign, isForeign, lastItems, read } from './foreign.js';

/** Nodes of an error's `cause` / `lastError` / `errors` graph that are read; graphs may be cyclic. */
const MAX_NODES = 16;
/** Errors of one AggregateError that are read. */
const MAX_ERRORS = 8;

/**
 * The error and what it refers to, nearest first. `lastError` comes before `errors`: it is the newest of them. A thrown
 * string becomes a node with that message; other primitives are skipped.
 */
export function errorNodes(error: unknown): Foreign[] {
  const queue: unknown[] = [error];
  const nodes: Foreign[] = [];
  const seen = new Set<unknown>();
  while (queue.length > 0 && nodes.length < MAX_NODES) {
    const next = queue.shift();
    if (seen.has(next)) continue;
    seen.add(next);
    if (typeof next === 'string') nodes.push({ message: next });
    if (!isForeign(next)) continue;
    nodes.push(next);
    queue.push(read(next, 'cause'), read(next, 'lastError'), ...lastItems(read(next, 'errors'), MAX_ERRORS));
  }
  return nodes;
}
