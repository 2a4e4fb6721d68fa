import { describe, expect, it } from 'vitest';
import { parseDataUrl, toDataUrl } from '../../src/media/data-url.js';

describe('a data URL', () => {
  it('is made of bytes or of their base64', () => {
    expect(toDataUrl('image/png', Uint8Array.of(1, 2, 3))).toBe('data:image/png;base64,AQID');
    expect(toDataUrl('image/png', 'AQID')).toBe('data:image/png;base64,AQID');
  });

  it.each([
    ['data:image/png;base64,AQID', 'image/png'],
    ['data:IMAGE/PNG;charset=x;base64,AQID', 'image/png'],
    ['DATA:;BASE64,AQID', ''],
  ])('%s is read, its type without parameters', (address, mime) => {
    expect(parseDataUrl(address)).toEqual({ mime, base64: 'AQID' });
  });

  it.each(['data:text/plain,hello', 'data:,', 'https://x.example/a;base64,AQID', ` data:;base64,AQID`])(
    'is not %j',
    (address) => {
      expect(parseDataUrl(address)).toBeUndefined();
    },
  );
});
