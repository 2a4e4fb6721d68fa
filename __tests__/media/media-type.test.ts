import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sniffAudio, sniffImage } from '../../src/media/media-type.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('the first bytes tell', () => {
  it.each([
    ['image/png', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
    ['image/jpeg', '\xff\xd8\xff\xe0\0\x10JFIF'],
    ['image/gif', 'GIF89a'],
    ['image/webp', 'RIFF\x24\0\0\0WEBPVP8 '],
    ['image/avif', '\0\0\0\x20ftypavif'],
  ])('%s', (mime, start) => {
    expect(sniffImage(bytes(start))?.mime).toBe(mime);
    expect(sniffAudio(bytes(start))?.mime).not.toBe(mime);
  });

  it.each([
    ['audio/wav', 'wav', 'RIFF\x24\0\0\0WAVEfmt '],
    ['audio/mpeg', 'mp3', 'ID3\x04\0'],
    ['audio/mpeg', 'mp3', '\xff\xfb\x90\x00'],
    ['audio/mpeg', 'mp3', '\xff\xf3\x40\xc0'],
    ['audio/aac', 'aac', '\xff\xf1\x50\x80'],
    ['audio/ogg', 'ogg', 'OggS\0\x02'],
    ['audio/flac', 'flac', 'fLaC\0\0\0\x22'],
    ['audio/mp4', 'm4a', '\0\0\0\x20ftypM4A '],
    ['audio/mp4', 'mp4', '\0\0\0\x18ftypisom'],
    ['audio/webm', 'webm', '\x1a\x45\xdf\xa3'],
    ['audio/amr', 'amr', '#!AMR\n'],
  ])('%s (%s)', (mime, extension, start) => {
    expect(sniffAudio(bytes(start))).toEqual({ mime, extension });
    expect(sniffImage(bytes(start))).toBeUndefined();
  });

  it('nothing where they do not', () => {
    for (const start of ['', '<html>', '{"text":1}', 'RIFF\x24\0\0\0AVI ', '\xff', '\xff\xe0', 'ID']) {
      expect([sniffImage(bytes(start)), sniffAudio(bytes(start))]).toEqual([undefined, undefined]);
    }
  });

  it('for any bytes, without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (any) => {
        sniffImage(any);
        sniffAudio(any);
      }),
    );
  });
});
