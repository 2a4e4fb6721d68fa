/**
 * Preloaded before the tests: property tests draw the same random inputs on every run.
 * `FUZZ_SEED=$RANDOM npm test` draws others.
 */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.FUZZ_SEED ?? 20_261_125) });
