import { z } from 'zod';
import type { Check } from './check-json-schema.js';
import type { JsonSchema } from './json-schema.js';
import { namesIn, type Problem, pointerTo } from './object-problem.js';

/** The part of a zod 3 schema that is used. */
interface Zod3Schema {
  safeParseAsync(value: unknown): Promise<{ success: boolean; data?: unknown; error?: { issues: Issue[] } }>;
}

interface Issue {
  code?: string;
  path: readonly PropertyKey[];
  message: string;
}

/** A zod schema of any copy or version of zod: recognised by its properties, since the caller may have another copy. */
export type ZodSchema = { version: 4; schema: z.core.$ZodType } | { version: 3; schema: Zod3Schema };

export function asZodSchema(schema: unknown): ZodSchema | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const { _zod, _def, safeParseAsync } = schema as Record<string, unknown>;
  if (typeof _zod === 'object' && _zod !== null) return { version: 4, schema: schema as z.core.$ZodType };
  const typeName = (_def as { typeName?: unknown } | undefined)?.typeName;
  const isZod3 = typeof typeName === 'string' && typeName.startsWith('Zod') && typeof safeParseAsync === 'function';
  return isZod3 ? { version: 3, schema: schema as unknown as Zod3Schema } : undefined;
}

/** The JSON Schema for the input of a zod schema. What JSON Schema cannot express is left unconstrained. */
export async function jsonSchemaOf({ version, schema }: ZodSchema): Promise<JsonSchema> {
  if (version === 3) {
    const { zodToJsonSchema } = await import('zod-to-json-schema');
    return zodToJsonSchema(schema as never, { $refStrategy: 'none' }) as JsonSchema;
  }
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // zod drops additional keys, so forbidding them changes nothing, and strict mode requires it.
      if (jsonSchema.properties && jsonSchema.additionalProperties === undefined)
        jsonSchema.additionalProperties = false;
    },
  }) as JsonSchema;
}

/**
 * A check by the zod schema. Its value is the schema's output, with transforms and defaults applied.
 * @param jsonSchema the same schema as JSON Schema, if there is one; its keys may appear in problems.
 */
export function zodCheck(zod: ZodSchema, jsonSchema: JsonSchema | undefined): Check {
  const names = namesIn(jsonSchema ?? {});
  const problemOf = ({ code = 'custom', path, message }: Issue): Problem => ({
    path: pointerTo(path, names),
    rule: code,
    hint: message,
  });
  return async (value) => {
    try {
      const parsed =
        zod.version === 4 ? await z.safeParseAsync(zod.schema, value) : await zod.schema.safeParseAsync(value);
      if (parsed.success) return { value: parsed.data };
      return { problems: ((parsed.error?.issues ?? []) as Issue[]).map(problemOf) };
    } catch {
      // A refinement threw.
      return { problems: [problemOf({ path: [], message: 'does not pass the check of the schema' })] };
    }
  };
}
