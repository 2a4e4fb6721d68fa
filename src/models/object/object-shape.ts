import type { ObjectGenerationParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import { isRecord } from '../../core/is-record.js';
import type { Check, Checked } from './check-json-schema.js';
import { describes, isTypeOpen, type JsonSchema } from './json-schema.js';
import { type GivenSchema, readSchema } from './read-schema.js';

/** Response formats of OpenAI are objects, so lists and values travel inside one, under these keys. */
const LIST_KEY = 'elements';
const VALUE_KEY = 'result';

/** What a value has to be. Without a schema it is any object, or any list. */
export interface Shape extends GivenSchema {
  /** The key that it travels under. */
  key?: string;
}

/**
 * The shape for `output: 'object'` (the default), `'array'` or `'enum'` with `enumValues`, as in the AI SDK, where core has
 * the words from. With `'array'` the schema may describe the list (core's own callers) or its elements (the AI SDK's).
 * @throws {InvalidInputError} for a schema that is not JSON, and for `'enum'` without values.
 */
export async function readShape(params: ObjectGenerationParams): Promise<Shape> {
  const { output, enumValues } = params;
  if (output === 'enum') return enumShape(enumValues);
  const given = await readSchema(params.schema);
  const { schema, check, uncheckable } = given;
  if (output === 'array' && !(schema && describes(schema, 'array'))) {
    return { schema: schema && listOf(schema), key: LIST_KEY, check: listCheck(check), uncheckable };
  }
  if (!schema || isTypeOpen(schema) || describes(schema, 'object')) return { ...given, check: objectCheck(check) };
  return { ...given, key: describes(schema, 'array') ? LIST_KEY : VALUE_KEY };
}

function enumShape(values: readonly unknown[] | undefined): Shape {
  if (!Array.isArray(values) || values.length === 0 || !values.every((value) => typeof value === 'string')) {
    throw new InvalidInputError("enumValues must be a list of at least one text, with output 'enum'");
  }
  const hint = `must be one of ${JSON.stringify(values)}`;
  return {
    schema: { type: 'string', enum: values },
    key: VALUE_KEY,
    check: async (value) =>
      values.some((known) => known === value) ? { value } : { problems: [{ path: '', rule: 'enum', hint }] },
  };
}

function listOf({ $defs, definitions, ...items }: JsonSchema): JsonSchema {
  return { type: 'array', items, ...($defs ? { $defs } : {}), ...(definitions ? { definitions } : {}) };
}

/** Checks element by element, so that references inside the schema of an element stay valid. */
function listCheck(check: Check): Check {
  return async (list) => {
    if (!Array.isArray(list)) return notA(`a JSON object with the key "${LIST_KEY}" that holds a list`);
    const values: unknown[] = [];
    for (const [index, element] of list.entries()) {
      const checked = await check(element);
      if ('problems' in checked) {
        return { problems: checked.problems.map((problem) => ({ ...problem, path: `/${index}${problem.path}` })) };
      }
      values.push(checked.value);
    }
    return { value: values };
  };
}

function objectCheck(check: Check): Check {
  return async (value) => (isRecord(value) ? check(value) : notA('a JSON object'));
}

function notA(what: string): Checked {
  return { problems: [{ path: '', rule: 'type', hint: `must be ${what}` }] };
}
