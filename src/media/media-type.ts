/** The type of a file, told from its first bytes. */
export interface MediaType {
  mime: string;
  /** Without a dot. OpenAI's transcription API tells the format from it. */
  extension: string;
}

/** Bytes at an offset, as Latin-1, by which a format is recognised. */
type Signature = [offset: number, bytes: string];

const IMAGES: readonly [MediaType, ...Signature[]][] = [
  [{ mime: 'image/png', extension: 'png' }, [0, '\x89PNG\r\n\x1a\n']],
  [{ mime: 'image/jpeg', extension: 'jpg' }, [0, '\xff\xd8\xff']],
  [{ mime: 'image/gif', extension: 'gif' }, [0, 'GIF8']],
  [{ mime: 'image/webp', extension: 'webp' }, [0, 'RIFF'], [8, 'WEBP']],
  [{ mime: 'image/avif', extension: 'avif' }, [4, 'ftypavif']],
];

const AUDIO: readonly [MediaType, ...Signature[]][] = [
  [{ mime: 'audio/wav', extension: 'wav' }, [0, 'RIFF'], [8, 'WAVE']],
  [{ mime: 'audio/mpeg', extension: 'mp3' }, [0, 'ID3']],
  [{ mime: 'audio/ogg', extension: 'ogg' }, [0, 'OggS']],
  [{ mime: 'audio/flac', extension: 'flac' }, [0, 'fLaC']],
  [{ mime: 'audio/mp4', extension: 'm4a' }, [4, 'ftypM4A']],
  [{ mime: 'audio/mp4', extension: 'mp4' }, [4, 'ftyp']],
  [{ mime: 'audio/webm', extension: 'webm' }, [0, '\x1a\x45\xdf\xa3']],
  [{ mime: 'audio/amr', extension: 'amr' }, [0, '#!AMR']],
];

/** @returns undefined for bytes that are none of PNG, JPEG, GIF, WebP and AVIF. */
export function sniffImage(bytes: Uint8Array): MediaType | undefined {
  return sniff(bytes, IMAGES);
}

/** @returns undefined for bytes that are none of WAV, MP3, Ogg, FLAC, MP4, WebM, AAC and AMR. */
export function sniffAudio(bytes: Uint8Array): MediaType | undefined {
  return sniff(bytes, AUDIO) ?? sniffMpegFrame(bytes);
}

function sniff(bytes: Uint8Array, formats: readonly [MediaType, ...Signature[]][]): MediaType | undefined {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  const found = formats.find(([, ...signatures]) =>
    signatures.every(([offset, text]) => head.startsWith(text, offset)),
  );
  return found?.[0];
}

/** A bare MPEG frame: eleven set bits, two bits of version, two of layer. Layer 0 is AAC in an ADTS frame. */
function sniffMpegFrame([first, second = 0]: Uint8Array): MediaType | undefined {
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  if ((second & 0xf6) === 0xf0) return { mime: 'audio/aac', extension: 'aac' };
  return (second & 0x06) === 0 ? undefined : { mime: 'audio/mpeg', extension: 'mp3' };
}
