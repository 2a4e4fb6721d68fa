// src/core/provider-name.ts
var PROVIDER_NAME = "elizanet-fallback";

// src/core/errors.ts
var BRAND = /* @__PURE__ */ Symbol.for(`@elizaos/plugin-${PROVIDER_NAME}/error`);
var ElizaNetError = class extends Error {
  constructor(code, kind, message, details = {}) {
    super(message, details.cause === void 0 ? void 0 : { cause: details.cause });
    this.code = code;
    this.kind = kind;
    Object.defineProperty(this, BRAND, { value: true });
    this.statusCode = details.statusCode;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.model = details.model;
    this.attempt = details.attempt;
    this.evidence = details.evidence;
  }
  code;
  kind;
  name = "ElizaNetError";
  statusCode;
  requestId;
  retryAfterMs;
  model;
  attempt;
  evidence;
};
var InvalidInputError = class extends ElizaNetError {
  name = "InvalidInputError";
  constructor(message) {
    super("INVALID_INPUT", "request", message);
  }
};
var TokenizerUnavailableError = class extends ElizaNetError {
  name = "TokenizerUnavailableError";
  constructor(encoding, cause) {
    super(
      "TOKENIZER_UNAVAILABLE",
      "unknown",
      `The ${encoding} tokenizer could not be loaded; check that the package js-tiktoken is installed`,
      { cause }
    );
  }
};

// src/models/tokenizer/min-heap.ts
var MinHeap = class {
  #numbers = [];
  push(number) {
    const numbers = this.#numbers;
    let at = numbers.length;
    numbers.push(number);
    while (at > 0) {
      const parent = at - 1 >> 1;
      if (numbers[parent] <= number) break;
      numbers[at] = numbers[parent];
      at = parent;
    }
    numbers[at] = number;
  }
  /** @returns undefined when it is empty. */
  pop() {
    const numbers = this.#numbers;
    const least = numbers[0];
    const number = numbers.pop();
    const size = numbers.length;
    if (number === void 0 || size === 0) return least;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && numbers[child + 1] < numbers[child]) child++;
      if (numbers[child] >= number) break;
      numbers[at] = numbers[child];
      at = child;
    }
    numbers[at] = number;
    return least;
  }
};

// src/models/tokenizer/vocabulary.ts
var NO_TOKEN = -1;
var TOKENS_PER_SLICE = 1024;
var HEADER = /^! (\d+) /;
var PADDING = "=".charCodeAt(0);
var ZERO_DIGIT = "A".charCodeAt(0);
function* readVocabulary({ bpe_ranks, special_tokens }) {
  const ids = /* @__PURE__ */ new Map();
  const pairs = new Int32Array(65536).fill(NO_TOKEN);
  const tokens = [];
  for (const line of bpe_ranks.trim().split("\n")) {
    const header = HEADER.exec(line);
    if (!header) throw new Error("the published ranks have a line without a header");
    const base64 = line.slice(header[0].length);
    const bytes = decodeAll(base64);
    let id = Number(header[1]);
    let byte = 0;
    for (let start = 0; start < base64.length; id++) {
      const blank = base64.indexOf(" ", start);
      const end = blank < 0 ? base64.length : blank;
      const padding = base64.endsWith("==", end) ? 2 : base64.endsWith("=", end) ? 1 : 0;
      const length = (end - start) / 4 * 3;
      const token = bytes.slice(byte, byte + length - padding);
      if (token === "") throw new Error("the published ranks have an empty token");
      ids.set(token, id);
      if (token.length === 2) pairs[token.charCodeAt(0) << 8 | token.charCodeAt(1)] = id;
      tokens[id] = token;
      byte += length;
      start = end + 1;
      if (id % TOKENS_PER_SLICE === 0) yield;
    }
    if (byte !== bytes.length) throw new Error("the published ranks are not base64");
  }
  for (let byte = 0; byte <= 255; byte++) {
    if (!ids.has(String.fromCharCode(byte))) throw new Error(`the published ranks lack the byte ${byte}`);
  }
  for (const [name, id] of Object.entries(special_tokens)) tokens[id] = Buffer.from(name).toString("latin1");
  return { ids, pairs, tokens };
}
function decodeAll(base64) {
  const digits = Buffer.from(base64, "latin1");
  for (let at = 0; at < digits.length; at++) if (digits[at] === PADDING) digits[at] = ZERO_DIGIT;
  return Buffer.from(digits.toString("latin1"), "base64").toString("latin1");
}

// src/models/tokenizer/merge-pairs.ts
var POSITIONS = 2 ** 32;
var STEPS_PER_SLICE = 4096;
function* mergePairs(bytes, vocabulary) {
  const whole = vocabulary.ids.get(bytes);
  if (whole !== void 0) return [whole];
  const length = bytes.length;
  const next = new Array(length + 1);
  const previous = new Array(length + 1);
  const ranks = new Array(length + 1).fill(NO_TOKEN);
  for (let at = 0; at <= length; at++) {
    next[at] = at + 1;
    previous[at] = at - 1;
  }
  const heap = new MinHeap();
  const offer = (at, rank) => {
    ranks[at] = rank;
    if (rank !== NO_TOKEN) heap.push(rank * POSITIONS + at);
  };
  const rankAt = (at) => {
    const second = next[at];
    return second < length ? vocabulary.ids.get(bytes.slice(at, next[second])) ?? NO_TOKEN : NO_TOKEN;
  };
  let steps = 0;
  for (let at = 0; at + 1 < length; at++) {
    offer(at, vocabulary.pairs[bytes.charCodeAt(at) << 8 | bytes.charCodeAt(at + 1)]);
    if (++steps % STEPS_PER_SLICE === 0) yield;
  }
  for (let pair = heap.pop(); pair !== void 0; pair = heap.pop()) {
    if (++steps % STEPS_PER_SLICE === 0) yield;
    const rank = Math.floor(pair / POSITIONS);
    const at = pair - rank * POSITIONS;
    if (ranks[at] !== rank) continue;
    const gone = next[at];
    const after = next[gone];
    ranks[gone] = NO_TOKEN;
    next[at] = after;
    previous[after] = at;
    offer(at, rankAt(at));
    if (at > 0) offer(previous[at], rankAt(previous[at]));
  }
  const ids = [];
  for (let at = 0; at < length; at = next[at]) {
    ids.push(vocabulary.ids.get(bytes.slice(at, next[at])));
    if (++steps % STEPS_PER_SLICE === 0) yield;
  }
  return ids;
}

// src/models/tokenizer/piece-pattern.ts
function piecePattern(published) {
  return new RegExp(published.replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}"), "uy");
}

// src/models/tokenizer/encoder.ts
var STEPS_PER_SLICE2 = 4096;
var CACHED_PIECES = 1e4;
var CACHED_LENGTH = 128;
var NOT_ASCII = /[^\0-\x7f]/;
var decoder = new TextDecoder("utf-8", { ignoreBOM: true });
var Encoder = class {
  /**
   * @param name of the encoding, for messages.
   * @param pattern of the pieces, as published.
   */
  constructor(name, vocabulary, pattern) {
    this.name = name;
    this.vocabulary = vocabulary;
    this.#pattern = piecePattern(pattern);
  }
  name;
  vocabulary;
  #pattern;
  /**
   * Ids of pieces that are more than one token, since an agent's prompt repeats most of the one before. Without it a
   * repeated Chinese text takes 15 times as long, and more than in gpt-tokenizer. Emptied when it is full.
   */
  #cache = /* @__PURE__ */ new Map();
  /** Encodes a text; yields where the event loop may have its turn. A lone surrogate is taken as U+FFFD. */
  *encode(text) {
    const ids = [];
    const pattern = this.#pattern;
    let steps = 0;
    for (let start = 0; start < text.length; ) {
      pattern.lastIndex = start;
      if (!pattern.test(text)) throw new Error(`the pattern of ${this.name} leaves out character ${start}`);
      const piece = text.slice(start, pattern.lastIndex);
      start += piece.length;
      const whole = NOT_ASCII.test(piece) ? void 0 : this.vocabulary.ids.get(piece);
      if (whole !== void 0) {
        ids.push(whole);
        steps++;
      } else {
        for (const id of this.#cache.get(piece) ?? (yield* this.#encodePiece(piece))) ids.push(id);
        steps += piece.length;
      }
      if (steps < STEPS_PER_SLICE2) continue;
      steps = 0;
      yield;
    }
    return ids;
  }
  /**
   * Turns ids back into text. What is no well-formed UTF-8, such as half a character, becomes U+FFFD.
   * @throws {InvalidInputError} when one of them is no id of this encoding: the rest would be another text.
   */
  decode(ids) {
    const tokens = ids.map((id, index) => {
      const token = this.vocabulary.tokens[id];
      if (token !== void 0) return token;
      throw new InvalidInputError(
        `tokens[${index}] is no token of ${this.name}; decode with the model that encoded them`
      );
    });
    return decoder.decode(Buffer.from(tokens.join(""), "latin1"));
  }
  *#encodePiece(piece) {
    const ids = yield* mergePairs(Buffer.from(piece).toString("latin1"), this.vocabulary);
    if (piece.length > CACHED_LENGTH) return ids;
    if (this.#cache.size === CACHED_PIECES) this.#cache.clear();
    this.#cache.set(Buffer.from(piece, "utf16le").toString("utf16le"), ids);
    return ids;
  }
};

// src/models/tokenizer/encoders.ts
async function importRanks(name) {
  const ranks = name === "o200k_base" ? await import("js-tiktoken/ranks/o200k_base") : await import("js-tiktoken/ranks/cl100k_base");
  return ranks.default;
}
var nextTurn = () => new Promise((resolve) => setImmediate(resolve));
async function inSlices(work) {
  for (; ; ) {
    const step = work.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}
var Encoders = class {
  /** @param load gets the published ranks of an encoding. */
  constructor(load) {
    this.load = load;
  }
  load;
  #encoders = /* @__PURE__ */ new Map();
  /** @throws {TokenizerUnavailableError} when it cannot be built. */
  get(name) {
    const known = this.#encoders.get(name);
    if (known) return known;
    const encoder = this.#build(name);
    this.#encoders.set(name, encoder);
    return encoder;
  }
  async #build(name) {
    try {
      const ranks = await this.load(name);
      return new Encoder(name, await inSlices(readVocabulary(ranks)), ranks.pat_str);
    } catch (cause) {
      this.#encoders.delete(name);
      throw new TokenizerUnavailableError(name, cause);
    }
  }
};
var encoders = new Encoders(importRanks);
async function encodeText(encoding, text) {
  const encoder = await encoders.get(encoding);
  return inSlices(encoder.encode(text));
}
async function decodeText(encoding, ids) {
  const encoder = await encoders.get(encoding);
  return encoder.decode(ids);
}

export {
  Encoders,
  encodeText,
  decodeText
};
