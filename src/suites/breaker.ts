import assert from 'node:assert/strict';
import { inClosedLab } from './lab.js';
import { failWith, provider } from './providers.js';
import { ANSWER } from './stand-in.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'does not call a provider while its circuit is open': async (host) => {
    let asked = 0;
    const fail = () => {
      asked++;
      failWith(429);
    };
    await inClosedLab(host, { providers: [provider({ TEXT_LARGE: fail })] }, async ({ runtime }) => {
      for (let call = 0; call < 3; call++) await runtime.useModel('TEXT_LARGE', { prompt: 'Hello' });
      assert.equal(asked, 1, 'A provider was called again right after a 429');
    });
  },

  'calls a provider again once it has recovered': async (host) => {
    let healthy = false;
    const answer = () => (healthy ? 'The provider is back.' : failWith(429));
    await inClosedLab(host, { providers: [provider({ TEXT_LARGE: answer })] }, async ({ runtime, elapse }) => {
      const ask = () => runtime.useModel('TEXT_LARGE', { prompt: 'Hello' });
      assert.equal(await ask(), ANSWER);
      healthy = true;
      elapse(10 * 60_000);
      assert.equal(await ask(), 'The provider is back.');
    });
  },
} satisfies Record<string, SuiteTest>;
