// bench/tokenizer/libraries.ts
var LIBRARIES = {
  ours: async (name) => {
    const { encodeText } = await import("./encoders-DQ5M25P3.js");
    return (text) => encodeText(name, text);
  },
  "gpt-tokenizer": async (name) => {
    const { encode } = name === "o200k_base" ? await import("gpt-tokenizer/encoding/o200k_base") : await import("gpt-tokenizer/encoding/cl100k_base");
    return (text) => encode(text);
  },
  "ai-tokenizer": async (name) => {
    const { default: Tokenizer } = await import("ai-tokenizer");
    const encoding = name === "o200k_base" ? await import("ai-tokenizer/encoding/o200k_base") : await import("ai-tokenizer/encoding/cl100k_base");
    const tokenizer = new Tokenizer(encoding);
    return (text) => tokenizer.encode(text);
  },
  tiktoken: async (name) => {
    const { get_encoding } = await import("tiktoken");
    const encoder = get_encoding(name);
    return (text) => encoder.encode(text, [], []);
  },
  "js-tiktoken": async (name) => {
    const { getEncoding } = await import("js-tiktoken");
    const encoder = getEncoding(name);
    return (text) => encoder.encode(text, [], []);
  }
};
var LIBRARY_NAMES = Object.keys(LIBRARIES);

export {
  LIBRARIES,
  LIBRARY_NAMES
};
