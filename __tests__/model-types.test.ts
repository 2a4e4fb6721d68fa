import { ModelType } from '@elizaos/core';
import { describe, expect, it } from 'vitest';
import { modelsFor } from '../src/plugin.js';

const typesIn = (models: object) => Object.keys(models).sort();

/** core's types, with other values for some of them. */
const typesWith = (changes: Record<string, string | undefined>) => ({ ...ModelType, ...changes });

describe('the model types that are served', () => {
  it('[row 111] are those that the core has: no type is called "undefined"', () => {
    const served = typesIn(modelsFor(typesWith({ OBJECT_SMALL: undefined, OBJECT_LARGE: undefined })));
    expect(served).not.toContain('undefined');
    expect(served).not.toContain('OBJECT_SMALL');
    expect(served).toEqual(typesIn(modelsFor(ModelType)).filter((type) => !type.startsWith('OBJECT_')));
  });

  it('[row 111] hold none of a core without types', () => {
    expect(modelsFor({})).toEqual({});
  });

  it('hold batches of embeddings where the core has a type for them', () => {
    expect(typesIn(modelsFor(ModelType))).not.toContain('TEXT_EMBEDDING_BATCH');
    expect(typesIn(modelsFor(typesWith({ TEXT_EMBEDDING_BATCH: 'TEXT_EMBEDDING_BATCH' })))).toContain(
      'TEXT_EMBEDDING_BATCH',
    );
  });

  it("hold none of the types that core's chains lead to others: a handler of ours would be asked before a primary's", () => {
    const chained = ['TEXT_NANO', 'TEXT_MEDIUM', 'TEXT_MEGA', 'RESPONSE_HANDLER', 'ACTION_PLANNER'];
    const types = typesWith(Object.fromEntries(chained.map((type) => [type, type])));
    expect(typesIn(modelsFor(types)).filter((type) => chained.includes(type))).toEqual([]);
  });
});
