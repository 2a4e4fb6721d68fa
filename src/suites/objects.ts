import assert from 'node:assert/strict';
import { failureOf, inClosedLab, inLab } from './lab.js';
import { OBJECT } from './stand-in.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'generates an object': async (host) => {
    await inLab(host, {}, async ({ runtime, standIn }) => {
      for (const modelType of ['OBJECT_SMALL', 'OBJECT_LARGE'] as const) {
        const prompt = 'Give me a JSON object with one key, "answeredBy", that names you.';
        const object = await runtime.useModel(modelType, { prompt });
        assert.ok(Object.keys(object).length > 0, `${modelType} returned an empty object`);
        if (standIn) assert.deepEqual(object, OBJECT);
      }
    });
  },

  'rejects an answer that is not JSON': async (host) => {
    await inClosedLab(host, {}, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'garbage' };
      await failureOf(runtime.useModel('OBJECT_SMALL', { prompt: 'Hello' }), 'An HTML page was accepted as an object');
    });
  },
} satisfies Record<string, SuiteTest>;
