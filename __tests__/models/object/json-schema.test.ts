import { describe, expect, it } from 'vitest';
import { allowsStrict, hasListOfItems, wrapped } from '../../../src/models/object/json-schema.js';

const closed = (properties: object, rest: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...rest,
});
const text = { type: 'string' };

describe('a schema allows strict mode', () => {
  it.each([
    ['of plain fields', closed({ a: text, b: { type: ['integer', 'null'], minimum: 0 } })],
    ['without fields', closed({})],
    [
      'with closed objects inside',
      closed({ a: closed({ b: text }), list: { type: 'array', items: closed({ c: text }) } }),
    ],
    ['with alternatives inside', closed({ a: { anyOf: [text, { type: 'null' }] } })],
    ['with definitions', closed({ a: { $ref: '#/$defs/a' } }, { $defs: { a: closed({ b: text }) } })],
  ])('%s', (_, schema) => expect(allowsStrict(schema)).toBe(true));

  it.each([
    ['that leaves other keys open', { ...closed({ a: text }), additionalProperties: undefined }],
    ['with a field that may be absent', { ...closed({ a: text }), required: [] }],
    ['with an open object inside', closed({ a: { type: 'object' } })],
    ['with an open object in a list', closed({ a: { type: 'array', items: { type: 'object', properties: {} } } })],
    ['with an open definition', closed({ a: { $ref: '#/$defs/a' } }, { $defs: { a: { type: 'object' } } })],
    ['with alternatives at its root', { ...closed({ a: text }), anyOf: [] }],
    ['of a list', { type: 'array', items: text }],
    ['with a field of any kind', closed({ a: {} })],
    ['with a keyword that strict mode does not know', closed({ a: { oneOf: [text] } })],
    ['with a default', closed({ a: { type: 'string', default: 'x' } })],
    ['that may be null', { ...closed({ a: text }), type: ['object', 'null'] }],
  ])('but not one %s', (_, schema) => expect(allowsStrict(schema)).toBe(false));
});

describe('a schema under a key', () => {
  it('takes its definitions along, so that references still find them', () => {
    const schema = { type: 'array', items: { $ref: '#/$defs/a' }, $defs: { a: text } };
    expect(wrapped(schema, 'elements')).toEqual({
      ...closed({ elements: { type: 'array', items: { $ref: '#/$defs/a' } } }),
      $defs: { a: text },
    });
  });

  it('is none when it refers to its own root', () => {
    expect(wrapped({ type: 'array', items: { $ref: '#' } }, 'elements')).toBeUndefined();
  });
});

describe('a list of items', () => {
  it.each([
    ['at the root', { items: [text] }],
    ['in a property', closed({ pair: { type: 'array', items: [text] } })],
    ['in a property called default', closed({ default: { items: [text] } })],
    ['among alternatives', { anyOf: [text, { items: [text] }] }],
    ['in a definition called enum', { $defs: { enum: { items: [text] } } }],
  ])('is found %s', (_, schema) => expect(hasListOfItems(schema)).toBe(true));

  it.each([
    ['one schema for all items', { type: 'array', items: text }],
    ['prefixItems', { prefixItems: [text], items: false }],
    ['a default with a list of that name', { prefixItems: [text], default: { items: [1] } }],
    ['a constant', { const: { items: [1] } }],
    ['an enumeration', { enum: [{ items: [1] }] }],
    ['an example', { examples: [{ items: [1] }] }],
    ['a property of that name', closed({ items: text })],
  ])('is not %s', (_, schema) => expect(hasListOfItems(schema)).toBe(false));
});
