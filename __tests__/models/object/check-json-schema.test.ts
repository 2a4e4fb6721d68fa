import { describe, expect, it } from 'vitest';
import { jsonSchemaCheck } from '../../../src/models/object/check-json-schema.js';

const PAIR = [{ type: 'string' }, { type: 'number' }];

describe('a schema of a pair', () => {
  it.each([
    ['draft 2020-12', { type: 'array', prefixItems: PAIR, items: false }],
    ['draft 2020-12, with a list called items as default', { prefixItems: PAIR, items: false, default: { items: [] } }],
    ['draft 7', { type: 'array', items: PAIR, additionalItems: false }],
  ])('is checked by the rules of its draft: %s', async (_, schema) => {
    const check = await jsonSchemaCheck(schema);
    expect(await check(['a', 1])).toEqual({ value: ['a', 1] });
    expect(await check([1, 'a'])).toMatchObject({ problems: [{ path: '/0' }, { path: '/1' }] });
    expect(await check(['a', 1, 2])).toHaveProperty('problems');
  });
});
