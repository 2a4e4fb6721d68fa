import type { EncodingName } from '../../src/models/tokenizer/encoding-name.js';

/** One tokenizer, ready to encode; special tokens in a text are plain text to it, where it can do that. */
export type Encode = (text: string) => number[] | Uint32Array | Promise<number[]>;

/** The tokenizers that are compared: what loads each, builds it and gives its encode. */
export const LIBRARIES = {
  ours: async (name: EncodingName): Promise<Encode> => {
    const { encodeText } = await import('../../src/models/tokenizer/encoders.js');
    return (text) => encodeText(name, text);
  },
  'gpt-tokenizer': async (name: EncodingName): Promise<Encode> => {
    const { encode } =
      name === 'o200k_base'
        ? await import('gpt-tokenizer/encoding/o200k_base')
        : await import('gpt-tokenizer/encoding/cl100k_base');
    return (text) => encode(text);
  },
  'ai-tokenizer': async (name: EncodingName): Promise<Encode> => {
    const { default: Tokenizer } = await import('ai-tokenizer');
    const encoding =
      name === 'o200k_base'
        ? await import('ai-tokenizer/encoding/o200k_base')
        : await import('ai-tokenizer/encoding/cl100k_base');
    const tokenizer = new Tokenizer(encoding);
    return (text) => tokenizer.encode(text);
  },
  tiktoken: async (name: EncodingName): Promise<Encode> => {
    const { get_encoding } = await import('tiktoken');
    const encoder = get_encoding(name);
    return (text) => encoder.encode(text, [], []);
  },
  'js-tiktoken': async (name: EncodingName): Promise<Encode> => {
    const { getEncoding } = await import('js-tiktoken');
    const encoder = getEncoding(name);
    return (text) => encoder.encode(text, [], []);
  },
} satisfies Record<string, (name: EncodingName) => Promise<Encode>>;

export type Library = keyof typeof LIBRARIES;
export const LIBRARY_NAMES = Object.keys(LIBRARIES) as Library[];
