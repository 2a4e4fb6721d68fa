import { afterEach, describe, expect, it } from 'vitest';
import { collector, createGuarded, ELIZANET_ANSWER, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { createNextGuarded } from '../../lab/next-core/guarded.js';
import type { ElizaNetFallbackService } from '../../src/service.js';

let guarded: Guarded;
afterEach(() => guarded.stop());

const fails = (status: number) => () => Promise.reject(statusError(status));

describe.each([
  ['a published core', createGuarded],
  ['the next core', createNextGuarded],
])("a stream of ElizaNet's that is cut, on %s", (_, create) => {
  const start = async () => {
    const plugins = ['a', 'b'].map((name) => primary({ TEXT_LARGE: fails(429) }, name));
    guarded = await create({ plugins });
  };
  const ask = () => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...collector() });

  it('is asked for once more when the only provider that is left is isolated', async () => {
    await start();
    guarded.runtime.getService<ElizaNetFallbackService>('elizanet-fallback')?.isolate('b');
    guarded.elizaNet.fault = ({ body }) => (body.stream ? { kind: 'cut' } : { kind: 'none' });
    expect(await ask()).toBe(ELIZANET_ANSWER);
  });

  it('ends the call with the errors of all, when the providers whose circuits are open fail as well', async () => {
    await start();
    expect(await ask()).toBe(ELIZANET_ANSWER);
    guarded.elizaNet.fault = { kind: 'cut' };
    await expect(ask()).rejects.toMatchObject({ code: 'ALL_PROVIDERS_FAILED' });
  });
});
