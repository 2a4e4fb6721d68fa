import type { ObjectGenerationParams } from '@elizaos/core';
import { InvalidInputError } from '../../core/errors.js';
import { isRecord } from '../../core/is-record.js';
import type { ResponseFormat } from '../chat/chat-request.js';
import { validateInput } from '../validate-input.js';
import { type Check, type Checked, jsonSchemaCheck } from './check-json-schema.js';
import { allowsStrict, describes, isTypeOpen, type JsonSchema, wrapped } from './json-schema.js';
import { makePlain } from './plain-data.js';
import { asZodSchema, jsonSchemaOf, zodCheck } from './zod-schema.js';

/** What a caller of OBJECT_SMALL or OBJECT_LARGE asks for. */
export interface ObjectSpec {
  /** What to tell the model. */
  instructions: string;
  /** The most binding format in which it can be asked for. */
  responseFormat: ResponseFormat;
  /** @param answer JSON of the model; parts of it that endanger others are taken out. */
  check: Check;
  /** The answer may also be the bare text, which is then the value. */
  takesText: boolean;
  /** Name of the error for which answers cannot be checked against the schema, and are taken as they come. */
  uncheckable?: Promise<string | undefined>;
}

/** Lists and words travel inside an object, under one of these keys: OpenAI's response formats are objects. */
const LIST_KEY = 'elements';
const VALUE_KEY = 'result';

/** What an answer has to be, before it is known how that is asked for. */
interface Shape {
  /** Undefined for any object, or any list. */
  schema?: JsonSchema;
  /** The key it travels under. */
  key?: string;
  check: Check;
  uncheckable?: Promise<string | undefined>;
}

/**
 * Reads what kind of object is wanted: `output: 'object'` (the default), `'array'` or `'enum'` with `enumValues`, as in
 * the AI SDK that core took the words from; the schema as JSON Schema or zod. With `'array'` the schema may describe the
 * list (core's own callers) or its elements (the AI SDK's).
 * @throws {InvalidInputError} for a schema that is not JSON or too long, and for `'enum'` without values.
 */
export async function readObjectSpec(params: ObjectGenerationParams, maxLength: number): Promise<ObjectSpec> {
  const { schema, key, check, uncheckable } = await shapeOf(params);
  const wire = schema && (key ? wrapped(schema, key) : schema);
  return {
    instructions: instructionsFor(schema, key, wire, maxLength),
    responseFormat: formatFor(wire),
    takesText: params.output === 'enum',
    uncheckable,
    async check(answer) {
      const unsafe = makePlain(answer);
      if (unsafe) return { problems: [unsafe] };
      return check(key && isRecord(answer) && Object.hasOwn(answer, key) ? answer[key] : answer);
    },
  };
}

async function shapeOf(params: ObjectGenerationParams): Promise<Shape> {
  const { output, enumValues } = params;
  if (output === 'enum') return enumShape(enumValues);
  const given = await readSchema(params.schema);
  if (output === 'array' && !(given.schema && describes(given.schema, 'array'))) {
    return {
      schema: given.schema && listOf(given.schema),
      key: LIST_KEY,
      check: listCheck(given.check),
      uncheckable: given.uncheckable,
    };
  }
  const { schema, check } = given;
  if (!schema || isTypeOpen(schema) || describes(schema, 'object')) return { ...given, check: objectCheck(check) };
  const key = describes(schema, 'array') ? LIST_KEY : VALUE_KEY;
  return { ...given, key };
}

/** What a schema says and how it is checked; anything at all where there is none, or where it cannot be. */
async function readSchema(given: unknown): Promise<Omit<Shape, 'key'>> {
  const takeAll: Check = async (value) => ({ value });
  if (!isRecord(given)) return { check: takeAll };
  const zod = asZodSchema(given);
  if (zod) {
    const schema = await jsonSchemaOf(zod).then(asJson, () => undefined);
    return { schema, check: zodCheck(zod, schema) };
  }
  const schema = asJson(given);
  // Compiled while the model is at work, not before it is asked: the first time ajv itself has to be loaded.
  const compiled = jsonSchemaCheck(schema);
  const uncheckable = compiled.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
  );
  return { schema, uncheckable, check: async (value) => ((await uncheckable) ? { value } : (await compiled)(value)) };
}

/** A copy, so that nothing that happens to the caller's object later concerns us. */
function asJson(schema: object): JsonSchema {
  try {
    const { $schema: _, ...rest } = JSON.parse(JSON.stringify(schema)) as JsonSchema;
    return rest;
  } catch {
    throw new InvalidInputError('schema must be a JSON Schema or a zod schema; it cannot be written as JSON');
  }
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

/** Checks element by element, so that references inside the schema of an element stay right. */
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

function formatFor(wire: JsonSchema | undefined): ResponseFormat {
  if (wire?.type !== 'object') return { type: 'json_object' };
  const strict = allowsStrict(wire) ? { strict: true } : {};
  return { type: 'json_schema', json_schema: { name: 'answer', schema: wire, ...strict } };
}

/** The schema is shown even where the format carries it: some servers drop a format they do not know without a word. */
function instructionsFor(
  schema: JsonSchema | undefined,
  key: string | undefined,
  wire: JsonSchema | undefined,
  maxLength: number,
): string {
  const one = 'Answer with a single JSON object and nothing else.';
  const under = `It has the single key "${key}"`;
  if (!schema) return key ? `${one}\n${under}, which holds a list.` : one;
  const subject = wire ? 'It' : `${under}, whose value`;
  const text = validateInput(JSON.stringify(wire ?? schema), 'schema', maxLength);
  return `${one}\n${subject} has to match this JSON Schema:\n${text}`;
}
