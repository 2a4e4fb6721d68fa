import {
  LIBRARIES,
  LIBRARY_NAMES
} from "./chunk-Q4J5E7CG.js";

// bench/tokenizer/texts.ts
import { existsSync, readdirSync, readFileSync } from "fs";
import { join } from "path";
var TEXT_LENGTH = 9e3;
var COMMON_CHARACTERS = "\u7684\u4E00\u662F\u4E0D\u4E86\u4EBA\u6211\u5728\u6709\u4ED6\u8FD9\u4E3A\u4E4B\u5927\u6765\u4EE5\u4E2A\u4E2D\u4E0A\u4EEC\u5230\u8BF4\u56FD\u548C\u5730\u4E5F\u5B50\u65F6\u9053\u51FA\u800C\u8981\u4E8E\u5C31\u4E0B\u5F97\u53EF\u4F60\u5E74\u751F\u81EA\u4F1A\u90A3\u540E\u80FD\u5BF9\u7740\u4E8B\u5176\u91CC\u6240\u53BB\u884C\u8FC7\u5BB6\u5341\u7528\u53D1\u5929\u5982\u7136\u4F5C\u65B9\u6210\u8005\u591A\u65E5\u90FD\u4E09\u5C0F\u519B\u4E8C\u65E0\u540C\u4E48\u7ECF\u6CD5\u5F53\u8D77\u4E0E\u597D\u770B\u5B66\u8FDB\u79CD\u5C06\u8FD8\u5206\u6B64\u5FC3\u524D\u9762\u53C8\u5B9A\u89C1\u53EA\u4E3B\u6CA1\u516C\u4ECE";
function random() {
  let state = 12345;
  return () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 32;
  };
}
function randomChinese(length) {
  const next = random();
  let text = "";
  while (text.length < length) {
    const clause = 6 + Math.floor(next() * 14);
    for (let i = 0; i < clause; i++) text += COMMON_CHARACTERS[Math.floor(next() * COMMON_CHARACTERS.length)];
    text += next() < 0.7 ? "\uFF0C" : "\u3002";
  }
  return text;
}
function englishProse(modules) {
  const packages = readdirSync(modules).flatMap(
    (name) => name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name]
  );
  const readmes = packages.map((name) => join(modules, name, "README.md")).filter((path) => existsSync(path));
  const lines = readmes.flatMap((path) => readFileSync(path, "utf8").split("\n"));
  return [...new Set(lines)].filter((line) => /^[A-Z].{60,}[.:]$/.test(line)).join("\n\n");
}
function chineseProse(modules) {
  return ["zh-cn", "zh-tw"].flatMap((locale) => {
    const path = join(modules, "typescript", "lib", locale, "diagnosticMessages.generated.json");
    return Object.values(JSON.parse(readFileSync(path, "utf8")));
  }).map((message) => message.replace(/[!-~]+ ?/g, "")).join("\n");
}
function benchTexts(root2, count) {
  const modules = join(root2, "node_modules");
  const sources = {
    English: englishProse(modules),
    Chinese: chineseProse(modules),
    "Chinese, random": randomChinese(count * TEXT_LENGTH),
    // Behind the list of its exports.
    code: readFileSync(join(modules, "typescript", "lib", "typescript.js"), "utf8").slice(1e6)
  };
  return Object.fromEntries(
    Object.entries(sources).map(([kind, source]) => {
      const available = Math.min(count, Math.floor(source.length / TEXT_LENGTH));
      return [kind, Array.from({ length: available }, (_, i) => source.slice(i * TEXT_LENGTH, (i + 1) * TEXT_LENGTH))];
    })
  );
}

// bench/tokenizer/warm.ts
var TEXTS = 24;
var WARM_UP = 4;
var RUN_LENGTHS = [1e3, 4e3, 16e3, 64e3, 1e5];
var PATIENCE_MS = 1500;
var SLOW = ["js-tiktoken"];
var SLOW_TEXTS = 8;
var [encoding, root] = process.argv.slice(2);
var encoders = {};
for (const library of LIBRARY_NAMES) encoders[library] = await LIBRARIES[library](encoding);
async function microseconds(library, text) {
  const start = performance.now();
  await encoders[library](text);
  return (performance.now() - start) * 1e3;
}
var median = (values) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
var noTimes = () => Object.fromEntries(LIBRARY_NAMES.map((library) => [library, []]));
var texts = {};
for (const [kind, all] of Object.entries(benchTexts(root, TEXTS))) {
  const fresh = noTimes();
  const repeated = noTimes();
  for (const [index, text] of all.entries()) {
    for (let i = 0; i < LIBRARY_NAMES.length; i++) {
      const library = LIBRARY_NAMES[(index + i) % LIBRARY_NAMES.length];
      if (SLOW.includes(library) && index >= SLOW_TEXTS) continue;
      const first = await microseconds(library, text);
      const again = [await microseconds(library, text), await microseconds(library, text)];
      if (index < WARM_UP) continue;
      fresh[library].push(first);
      repeated[library].push(...again);
    }
  }
  const medians = (times) => Object.fromEntries(LIBRARY_NAMES.map((library) => [library, median(times[library])]));
  texts[kind] = { fresh: medians(fresh), repeated: medians(repeated) };
}
var runs = {};
for (const library of LIBRARY_NAMES) {
  runs[library] = {};
  for (const length of RUN_LENGTHS) {
    let ms = Number.POSITIVE_INFINITY;
    const started = performance.now();
    for (let i = 0; i < 9 && performance.now() - started < PATIENCE_MS; i++) {
      ms = Math.min(ms, await microseconds(library, "a".repeat(length - i)) / 1e3);
    }
    runs[library][length] = ms;
    if (ms > PATIENCE_MS) break;
  }
}
console.log(JSON.stringify({ texts, runs }));
process.exit(0);
