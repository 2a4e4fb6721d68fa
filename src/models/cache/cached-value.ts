import { isRealVector } from '../../core/embedding-vector.js';

/** The same limit as for an answer of a model. */
const MAX_DEPTH = 100;

/**
 * Tells whether a value from the agent's database can be an answer of this model type: a text, a vector of the store's
 * width, or JSON for an object. Rows can be damaged, edited, or written by another version.
 */
export function isCachedValue(modelType: string, dimensions: number, value: unknown): boolean {
  if (modelType === 'TEXT_EMBEDDING') return Array.isArray(value) && value.length === dimensions && isRealVector(value);
  if (modelType.startsWith('OBJECT_')) return value !== null && isSafeJson(value);
  return typeof value === 'string' && value !== '';
}

/** False also for keys with which a careless merge would change the prototype of all objects. */
export function isSafeJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > MAX_DEPTH) return false;
  if (Object.hasOwn(value, '__proto__')) return false;
  const { constructor: maker } = value as { constructor?: unknown };
  if (typeof maker === 'object' && maker !== null && 'prototype' in maker) return false;
  return Object.values(value).every((child) => isSafeJson(child, depth + 1));
}
