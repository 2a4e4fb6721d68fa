import {
  LIBRARIES
} from "./chunk-Q4J5E7CG.js";

// bench/tokenizer/cold.ts
import { monitorEventLoopDelay } from "perf_hooks";
var [library, encoding] = process.argv.slice(2);
var delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
await new Promise((resolve) => setTimeout(resolve, 50));
delays.reset();
var before = process.memoryUsage().rss;
var start = performance.now();
var encode = await LIBRARIES[library](encoding);
await encode("Hello, world");
var coldMs = performance.now() - start;
var rssMb = (process.memoryUsage().rss - before) / 2 ** 20;
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify({ coldMs, blockMs: delays.max / 1e6, rssMb }));
process.exit(0);
