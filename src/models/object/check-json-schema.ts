import type { ErrorObject, ValidateFunction } from 'ajv';
import { setBounded } from '../../core/bounded-map.js';
import { hasListOfItems, type JsonSchema } from './json-schema.js';
import { namesIn, type Problem, pointerTo } from './object-problem.js';

/** A value as the caller gets it, or the problems that it has. */
export type Checked = { value: unknown } | { problems: readonly Problem[] };
export type Check = (value: unknown) => Promise<Checked>;

const MAX_VALIDATORS = 64;
/** For values with more nodes only the first problem is reported: each element of a long list can have one. */
const ALL_PROBLEMS_LIMIT = 2_000;

/** Compiled validators by their schema's text: callers create the same literal for each call. */
const validators = new Map<string, ValidateFunction>();

/**
 * Compiles the check of a JSON Schema (draft 2020-12; draft 7 if `items` is a list) with ajv. Formats are not checked, and
 * nothing is fetched: a schema that refers to another document does not compile.
 *
 * ajv generates code, which a host can forbid. Core generates code when it is loaded and needs the same permission.
 * @throws ajv's error for a schema that does not compile.
 */
export async function jsonSchemaCheck(schema: JsonSchema): Promise<Check> {
  const text = JSON.stringify(schema);
  const thorough = await validatorFor(text, true);
  const names = namesIn(schema);
  return async (value) => {
    const validate = countOf(value) > ALL_PROBLEMS_LIMIT ? await validatorFor(text, false) : thorough;
    if (validate(value)) return { value };
    return { problems: (validate.errors ?? []).map((error) => problemOf(error, names)) };
  };
}

async function validatorFor(text: string, allErrors: boolean): Promise<ValidateFunction> {
  const key = `${allErrors} ${text}`;
  const validate = validators.get(key) ?? (await compile(text, allErrors));
  setBounded(validators, key, validate, MAX_VALIDATORS);
  return validate;
}

async function compile(text: string, allErrors: boolean): Promise<ValidateFunction> {
  const { $schema: _, $async: __, ...schema } = JSON.parse(text) as JsonSchema;
  const { Ajv } = hasListOfItems(schema) ? await import('ajv') : { Ajv: (await import('ajv/dist/2020.js')).Ajv2020 };
  // One instance for each schema: ajv never frees a compiled schema, and rejects a second one with the same `$id`.
  const ajv = new Ajv({
    strict: false,
    allErrors,
    // Otherwise `required: ['constructor']` is met by every object.
    ownProperties: true,
    validateFormats: false,
    unicodeRegExp: false,
    meta: false,
    validateSchema: false,
    logger: false,
  });
  return ajv.compile(schema);
}

/** The number of nodes of a value; counting stops beyond the limit. */
function countOf(root: unknown): number {
  const queue = [root];
  let count = 0;
  while (queue.length > 0 && count <= ALL_PROBLEMS_LIMIT) {
    const node = queue.pop();
    count++;
    if (typeof node !== 'object' || node === null) continue;
    const children = Object.values(node);
    if (children.length > ALL_PROBLEMS_LIMIT) return children.length;
    queue.push(...children);
  }
  return count;
}

function problemOf({ instancePath, keyword, params, message }: ErrorObject, names: ReadonlySet<string>): Problem {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keyword === 'required') {
    return { path: pointerTo([...path, params.missingProperty], names), rule: keyword, hint: 'is missing' };
  }
  return { path: pointerTo(path, names), rule: keyword, hint: hintOf(keyword, params) ?? message ?? keyword };
}

/** A hint for the rules whose ajv message does not name the expected values. */
function hintOf(keyword: string, params: ErrorObject['params']): string | undefined {
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params.allowedValues)}`;
  if (keyword === 'const') return `must be ${JSON.stringify(params.allowedValue)}`;
  if (keyword === 'additionalProperties') return `must not have the key ${JSON.stringify(params.additionalProperty)}`;
  return undefined;
}
