import type { RequestListener } from 'node:http';

/** A valid PNG of one pixel, and the first bytes of an MP3 and a WAV, which identify the format. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
export const PNG_URL = `data:image/png;base64,${PNG.toString('base64')}`;
export const MP3 = Buffer.from('\xff\xfb\x90\x00 some frames of it', 'latin1');
export const WAV = Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1');

/** A request listener that serves this body. */
export const page =
  (body: Buffer | string, contentType = 'application/octet-stream'): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': contentType }).end(body);
