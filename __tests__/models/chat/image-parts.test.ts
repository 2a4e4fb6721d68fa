import { describe, expect, it } from 'vitest';
import { imageParts } from '../../../src/models/chat/image-parts.js';

const urlsOf = (...attachments: unknown[]) => imageParts({ attachments }).parts.map(({ image_url: { url } }) => url);

describe('attachments', () => {
  it('that are images become message parts: bytes and base64 inline, addresses as they are', () => {
    expect(
      urlsOf(
        { mediaType: 'image/png', data: new Uint8Array([1, 2, 3]) },
        { mediaType: 'image/svg+xml', data: 'QUJD' },
        { mediaType: 'image/png', data: new URL('https://a.example/b.png') },
        { mediaType: 'image/png', data: 'data:image/png;base64,QUJD' },
      ),
    ).toEqual([
      'data:image/png;base64,AQID',
      'data:image/svg+xml;base64,QUJD',
      'https://a.example/b.png',
      'data:image/png;base64,QUJD',
    ]);
  });

  it.each([
    undefined,
    null,
    'x',
    { mediaType: 'audio/wav', data: 'QUJD' },
    { mediaType: 'image/png', data: '/media/a.png?' },
    { mediaType: 'image/png;x=1', data: 'QUJD' },
    { mediaType: 'image/png' },
  ])('that are no readable images are counted as left out: %j', (attachment) => {
    expect(imageParts({ attachments: [attachment] })).toEqual({ parts: [], leftOut: 1 });
  });

  it.each(['constructor', '__proto__', 7])('may have any media type: %s', (mediaType) => {
    expect(imageParts({ attachments: [{ mediaType, data: 'QUJD' }] })).toEqual({ parts: [], leftOut: 1 });
  });

  it('are read in time that grows with their length', () => {
    const startedAt = performance.now();
    const attachments = [
      { mediaType: `image/${'a'.repeat(1_000_000)} `, data: 'QUJD' },
      { mediaType: 'image/png', data: `${'A'.repeat(5_000_000)} ` },
      { mediaType: 'image/png', data: `https:${'/'.repeat(1_000_000)}` },
    ];
    expect(imageParts({ attachments }).leftOut).toBeGreaterThan(0);
    // In the square of the length it would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
