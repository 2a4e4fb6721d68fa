import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StandIn } from '../../../lab/stand-in/server.js';
import { startMisbehavingProvider } from './misbehaving-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

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

describe('the demo with a real LiteLLM in place of its stand-in', () => {
  it('has every call answered', async () => {
    const args = ['--import', 'tsx', 'demo/main.ts', '--upstream', litellm.url, '--key', litellm.key];
    // LiteLLM's own mocks answer an object with a sentence.
    const env = { PATH: process.env.PATH, ELIZANET_SMALL_MODEL: 'upstream-ok' };
    const demo = spawn(process.execPath, args, { cwd: ROOT, env });
    let output = '';
    demo.stdout.on('data', (text) => {
      output += text;
    });
    const [code] = await once(demo, 'close');
    expect(output).toContain('22 calls made, 22 answered, 0 unanswered');
    expect(output).toContain('The answer comes from a real LiteLLM.');
    expect(code).toBe(0);
  });
});
