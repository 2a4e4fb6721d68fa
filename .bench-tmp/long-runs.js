import {
  encodeText
} from "./chunk-6XTBP4MA.js";

// bench/tokenizer/long-runs.ts
import { monitorEventLoopDelay } from "perf_hooks";

// lab/tokenizer-texts.ts
import fc from "fast-check";
import { get_encoding } from "tiktoken";
var RANGES = [
  [0, 591],
  [688, 767],
  [768, 879],
  [880, 1327],
  [1488, 1514],
  [1568, 1791],
  [2304, 2403],
  [2406, 2431],
  [3585, 3675],
  [4352, 4607],
  [7680, 8191],
  [8192, 8383],
  [8448, 11263],
  [12288, 12543],
  [19968, 40943],
  [44032, 55203],
  [57344, 57599],
  [65024, 65535],
  [66560, 66639],
  [119808, 120831],
  [127744, 129791],
  [131072, 173782],
  [917760, 917999]
];
var list = (...texts) => fc.constantFrom(...texts);
var character = fc.oneof(...RANGES.map(([min, max]) => fc.integer({ min, max }))).map((codePoint) => String.fromCodePoint(codePoint));
var cjk = fc.oneof(fc.integer({ min: 19968, max: 40869 }), fc.integer({ min: 12353, max: 12542 })).map((codePoint) => String.fromCodePoint(codePoint));
var blank = list(
  " ",
  " ",
  " ",
  "	",
  "\n",
  "\r",
  "\r\n",
  "\v",
  "\x85",
  "\xA0",
  "\u200B",
  "\u2028",
  "\u3000",
  "\uFEFF"
);
var letter = list("a", "b", "E", "X", "\xE9", "\xDF", "\u017F", "\u01C5", "\u02B0", "\xAA", "\u044F", "\u0416", "\u0627", "\u0905", "\u4E2D", "\u0301", "\u0BBE");
var fragment = fc.oneof(
  fc.string({ unit: "grapheme-ascii" }),
  fc.array(character, { maxLength: 8 }).map((characters) => characters.join("")),
  fc.array(cjk, { maxLength: 30 }).map((characters) => characters.join("")),
  fc.array(letter, { maxLength: 8 }).map((letters) => letters.join("")),
  fc.array(blank, { maxLength: 12 }).map((blanks) => blanks.join("")),
  fc.tuple(blank, fc.nat(60)).map(([one, count]) => one.repeat(count)),
  fc.tuple(fc.oneof(letter, character), fc.nat(200)).map(([one, count]) => one.repeat(count)),
  list("\u{1F600}", "\u{1F469}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}", "\u{1F3F3}\uFE0F\u200D\u{1F308}", "\u{1F44D}\u{1F3FD}", "\u{1F1FA}\u{1F1E6}", "1\uFE0F\u20E3", "\u2764\uFE0F", "\u2603"),
  list("<|endoftext|>", "<|endofprompt|>", "<|fim_prefix|>", "<|im_start|>", "<|", "|>"),
  list("'s", "'S", "'\u017F", "'t", "'re", "'VE", "'m", "'lL", "'d", "\u2019s", "it's", "I'LL", "'", "'x"),
  list(
    "\u0939\u093F\u0928\u094D\u0926\u0940 \u092E\u0947\u0902 \u0932\u093F\u0916\u093E \u0939\u0948",
    "\u0BA4\u0BAE\u0BBF\u0BB4\u0BCD \u0B8E\u0BB4\u0BC1\u0BA4\u0BCD\u0BA4\u0BC1",
    "\u0E20\u0E32\u0E29\u0E32\u0E44\u0E17\u0E22\u0E07\u0E48\u0E32\u0E22",
    "\u0627\u0644\u0639\u064E\u0631\u064E\u0628\u0650\u064A\u064E\u0651\u0629",
    "\u05E2\u05B4\u05D1\u05B0\u05E8\u05B4\u05D9\u05EA",
    "\uD55C\uAD6D\uC5B4 \uBB38\uC7A5",
    "\u3072\u3089\u304C\u306A\u3068\u30AB\u30BF\u30AB\u30CA",
    "Vi\u1EC7t Nam"
  ),
  list("0", "12", "2024", "1234567", "\uFF13", "\u0663\u0664\u0665\u0666", "\xBD", "\u2167", "\xB2", "1.5e-9", "0x7f"),
  list("\uD800", "\uDC00", "\uDFFF\uD800", "\uD83D"),
  list(
    "function f(x) {\n",
    "    return x;\n",
    "}\n\n",
    "=> ",
    "/* \u2026 */",
    "// ",
    "#include <a.h>\n",
    "a/b/c",
    "!==",
    "\\n",
    "\"'`"
  ),
  list(
    "The quick brown fox",
    " jumps",
    "camelCaseName",
    "HTTPServer",
    " SHOUTING",
    "na\xEFve",
    " Stra\xDFe",
    "\u4E2D\u6587ABC",
    "ABCdef"
  )
);
var anyText = fc.array(fragment, { maxLength: 12 }).map((fragments) => fragments.join(""));
var HARD_RUNS = {
  "a letter": "a",
  capitals: "A",
  "both cases": "aA",
  "a letter without case": "\u4E2D",
  "a letter and a mark": "e\u0301",
  marks: "\u0301",
  "marks and capitals": "\u0301A",
  digits: "7",
  "a symbol": "=",
  "two symbols": "=-",
  blanks: " ",
  tabs: "	",
  "line breaks": "\n",
  "line breaks of two characters": "\r\n",
  "blanks and line breaks": " \n",
  "wide blanks": "\u3000",
  slashes: "/",
  apostrophes: "'",
  quotes: '"',
  contractions: "'s",
  emoji: "\u{1F600}",
  "lone surrogates": "\uD800",
  "byte order marks": "\uFEFF",
  "special tokens": "<|endoftext|>"
};

// bench/tokenizer/long-runs.ts
var LENGTHS = [16e3, 64e3, 1e5];
var LONGEST = 1e6;
var ROUNDS = 9;
var BLOCK_LIMIT_MS = 50;
var encoding = process.argv[2];
await encodeText(encoding, "Hello, world");
async function milliseconds(text) {
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    await encodeText(encoding, text);
    const { user, system } = process.cpuUsage(start);
    ms = Math.min(ms, (user + system) / 1e3);
  }
  return ms;
}
async function longestBlock(text) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && ms > BLOCK_LIMIT_MS; round++) {
    delays.enable();
    await new Promise((resolve) => setTimeout(resolve, 20));
    delays.reset();
    await encodeText(encoding, text);
    await new Promise((resolve) => setTimeout(resolve, 20));
    delays.disable();
    ms = Math.min(ms, delays.max / 1e6);
  }
  return ms;
}
var results = {};
for (const [kind, unit] of Object.entries(HARD_RUNS)) {
  const run = (length) => unit.repeat(length / unit.length);
  const ms = {};
  for (const length of LENGTHS) ms[length] = await milliseconds(run(length));
  results[kind] = { ms, blockMs: await longestBlock(run(LONGEST)) };
}
console.log(JSON.stringify(results));
process.exit(0);
