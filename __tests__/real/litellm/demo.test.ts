import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../../../lab/child.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import { MOCK_TEXT } from './config.js';
import { startMisbehavingProvider } from './misbehaving-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

const DEMO = fileURLToPath(new URL('../../../demo/main.ts', import.meta.url));

let provider: StandIn;
let litellm: LiteLLM;

beforeAll(async () => {
  provider = await startMisbehavingProvider();
  litellm = await startLiteLLM({ upstreamUrl: provider.url, masterKey: 'sk-master-of-the-tests' });
});

afterAll(async () => {
  await litellm?.stop();
  await provider?.close();
});

describe('the demo with a real LiteLLM as its upstream', () => {
  it('has every call answered', async () => {
    // LiteLLM's mock models answer an object call with a sentence.
    const env = { ELIZANET_SMALL_MODEL: 'upstream-ok' };
    const { code, stdout } = await runScript(DEMO, ['--upstream', litellm.url, '--key', litellm.key], env);
    expect(stdout).toContain('22 calls made, 22 answered, 0 unanswered');
    expect(stdout).toContain(MOCK_TEXT);
    expect(code).toBe(0);
  });

  it('reports a wrong key before any call', async () => {
    const { code, stdout, stderr } = await runScript(DEMO, ['--upstream', litellm.url, '--key', 'sk-wrong']);
    expect(stderr).toMatch(/^Upstream check failed \(key\): refused .*Set --key/);
    expect([code, stdout]).toEqual([1, '']);
  });
});
