/**
 * Loaded before the tests: those of random input draw the same on every run, so that a change is judged by its own
 * merits. `FUZZ_SEED=$RANDOM npm test` looks elsewhere.
 */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.FUZZ_SEED ?? 20_261_125) });
