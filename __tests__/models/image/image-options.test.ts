import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/core/errors.js';
import { fitOptions, splitCount } from '../../../src/models/image/image-options.js';

describe('the number of pictures', () => {
  it.each([
    ['dall-e-3', 3, [1, 1, 1]],
    ['openai/dall-e-3', 2, [1, 1]],
    ['dall-e-2', 3, [3]],
    ['gpt-image-1', 10, [10]],
    ['flux', 4, [4]],
    ['dall-e-3', undefined, [1]],
    ['dall-e-3', 0, [1]],
    ['dall-e-3', null, [1]],
  ])('of %s, %s wanted, is asked for as %j', (model, count, requests) => {
    expect(splitCount(model, count)).toEqual(requests);
  });

  it.each([11, -1, 1.5, '2', Number.POSITIVE_INFINITY, true])('%s is refused', (count) => {
    expect(() => splitCount('dall-e-3', count)).toThrow(InvalidInputError);
  });
});

describe('the size', () => {
  it.each([
    ['dall-e-3', '1792x1024', '1792x1024'],
    ['dall-e-2', '256x256', '256x256'],
    ['gpt-image-1-mini', '1536x1024', '1536x1024'],
    ['flux', '640x480', '640x480'],
    ['azure/my-images', '99999x1', '99999x1'],
  ])('of %s may be %s', (model, size, sent) => {
    expect(fitOptions(model, { size })).toEqual({ sent: { size: sent }, changed: [] });
  });

  it.each([
    ['dall-e-3', '256x256', '1024x1024'],
    ['dall-e-3', '1536x1024', '1792x1024'],
    ['dall-e-3', '1080x1920', '1024x1792'],
    ['dall-e-2', '1792x1024', '1024x1024'],
    ['dall-e-2', '300x300', '256x256'],
    ['gpt-image-1', '1792x1024', '1536x1024'],
  ])('of %s, %s wanted, becomes its nearest, %s', (model, size, sent) => {
    expect(fitOptions(model, { size })).toEqual({ sent: { size: sent }, changed: ['size'] });
  });

  it.each([undefined, '', 'auto'])('%j is left to the model', (size) => {
    expect(fitOptions('dall-e-3', { size })).toEqual({ sent: {}, changed: [] });
  });

  it.each(['big', '1024', '0x0', '1024x', '1024X1024', '123456x1', ' 1024x1024', '-1x5', '1024x1024\n'])(
    '%j is refused, whatever the model',
    (size) => {
      expect(() => fitOptions('dall-e-3', { size })).toThrow(InvalidInputError);
      expect(() => fitOptions('flux', { size })).toThrow(InvalidInputError);
    },
  );
});

describe('quality and style', () => {
  it.each([
    ['dall-e-3', { quality: 'hd', style: 'vivid' }, { quality: 'hd', style: 'vivid' }, []],
    ['dall-e-3', { quality: 'high' }, {}, ['quality']],
    ['gpt-image-1', { quality: 'high', style: 'vivid' }, { quality: 'high' }, ['style']],
    ['flux', { quality: 'superb', style: 'baroque' }, { quality: 'superb', style: 'baroque' }, []],
  ])('of %s: %j becomes %j', (model, options, sent, changed) => {
    expect(fitOptions(model, options)).toEqual({ sent, changed });
  });
});
