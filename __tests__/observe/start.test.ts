import { AgentRuntime } from '@elizaos/core';
import { describe, expect, it } from 'vitest';
import { logLines } from '../../lab/log-lines.js';
import { createElizaNetFallbackPlugin } from '../../src/index.js';

/** The lines of an agent's start with these settings, without prefix. */
async function linesOf(settings: Record<string, string>, starts = 1) {
  const runtime = new AgentRuntime({ character: { name: 'Test', bio: [], settings }, settings: {} });
  const lines = logLines(runtime);
  const plugin = createElizaNetFallbackPlugin({ env: {} });
  for (let start = 0; start < starts; start++) await plugin.init?.({}, runtime);
  return lines.map(({ level, message }) => `${level} ${message.slice(11)}`);
}

describe('the log of the start', () => {
  it('says once where ElizaNet is, what it serves and which settings are set, without key and path', async () => {
    const settings = {
      ELIZANET_BASE_URL: 'https://litellm.example:4000/secret-path',
      ELIZANET_API_KEY: 'sk-secret',
      ELIZANET_TIMEOUT: '5000',
      ELIZANET_LARGE_MODEL: 'gpt-4o',
      ELIZANET_FALLBACK_ON: 'rate_limit',
    };
    const lines = await linesOf(settings, 2);
    expect(lines).toEqual([
      'info stands by at litellm.example:4000 for TEXT_SMALL, TEXT_LARGE, TEXT_EMBEDDING, IMAGE, IMAGE_DESCRIPTION, TRANSCRIPTION, OBJECT_SMALL, OBJECT_LARGE, TEXT_TOKENIZER_ENCODE, TEXT_TOKENIZER_DECODE; set: ELIZANET_BASE_URL, ELIZANET_API_KEY (secret), ELIZANET_TIMEOUT, ELIZANET_FALLBACK_ON',
    ]);
    expect(lines.join()).not.toMatch(/sk-secret|secret-path/);
  });

  it('lists speech when a model for it is set', async () => {
    const [line] = await linesOf({ ELIZANET_BASE_URL: 'https://litellm.example', ELIZANET_TTS_MODEL: 'tts-1' });
    expect(line).toContain('TEXT_TO_SPEECH;');
  });

  it('warns of the default address, a third party over plain http', async () => {
    const [first, second, ...more] = await linesOf({});
    expect(first).toMatch(/^info stands by at elizanet\.up\.railway\.app for .*; set: nothing$/);
    expect(second).toMatch(
      /^warn elizanet\.up\.railway\.app is the default address: .*plain http; set ELIZANET_BASE_URL/,
    );
    expect(more).toEqual([]);
  });

  it('says that the plugin is switched off, and warns of no address then', async () => {
    expect(await linesOf({ ELIZANET_FALLBACK_ENABLED: 'false' })).toEqual([
      'info is switched off by ELIZANET_FALLBACK_ENABLED=false; no call fails over',
    ]);
  });

  it('warns of a problem with the settings', async () => {
    const lines = await linesOf({ ELIZANET_BASE_URL: 'http://litellm.example', ELIZANET_API_KEY: 'sk-secret' });
    expect(lines[0]).toMatch(/^warn settings: ELIZANET_API_KEY is sent unencrypted/);
  });
});
