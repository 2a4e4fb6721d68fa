/**
 * A fresh process, from nothing to the first encoded text: `cold.js <library> <encoding>`. Prints as JSON how long it
 * took, the longest time the event loop was kept from its turn meanwhile, and how much memory was taken.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { EncodingName } from '../../src/models/tokenizer/encoding-name.js';
import { LIBRARIES, type Library } from './libraries.js';

const [library, encoding] = process.argv.slice(2) as [Library, EncodingName];
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
// The first intervals belong to the start of Node itself.
await new Promise((resolve) => setTimeout(resolve, 50));
delays.reset();

const before = process.memoryUsage().rss;
const start = performance.now();
const encode = await LIBRARIES[library](encoding);
await encode('Hello, world');
const coldMs = performance.now() - start;
const rssMb = (process.memoryUsage().rss - before) / 2 ** 20;
// A block is seen by the timer that comes late because of it.
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify({ coldMs, blockMs: delays.max / 1e6, rssMb }));
process.exit(0);
