import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PRIMARIES } from '../../../lab/primaries.js';
import { accountName } from '../../../src/chain/account-name.js';
import { settingPrefix } from '../../../src/chain/shared/setting-prefix.js';
import { accountSettings, type SettingsSource } from '../../../src/settings-source.js';

const source: SettingsSource = { getSetting: () => null };
const nameFor = (env: Record<string, string>) => accountName(accountSettings(source, env, settingPrefix('openai')));

describe('circuits are shared', () => {
  it('by agents with the same key, address and models, whatever else is set', () => {
    const env = { OPENAI_API_KEY: 'sk-1', OPENAI_SMALL_MODEL: 'gpt' };
    expect(nameFor({ ...env, OTHER_KEY: 'x', OPENAI_DEBUG: 'true' })).toBe(nameFor(env));
  });

  it('not by agents with different keys, addresses or models', () => {
    const env = { OPENAI_API_KEY: 'sk-1' };
    const names = [
      env,
      { OPENAI_API_KEY: 'sk-2' },
      { ...env, OPENAI_BASE_URL: 'https://one.example' },
      { ...env, OPENAI_SMALL_MODEL: 'gpt' },
    ].map(nameFor);
    expect(new Set(names).size).toBe(4);
  });

  it('not by agents whose account is unknown', () => {
    expect(nameFor({ ANTHROPIC_API_KEY: 'sk-1' })).toBeUndefined();
  });

  it('not by agents of which only the models are known: the default address may be on the host', () => {
    expect(accountName(['OLLAMA_SMALL_MODEL=llama3.2'])).toBeUndefined();
  });

  it.each(['localhost:4000', '127.0.0.2:4000', '[::1]:4000'])('by agents of one host for http://%s', (host) => {
    const url = `URL=http://${host}`;
    const everywhere = createHash('sha256')
      .update(JSON.stringify([url]))
      .digest('hex')
      .slice(0, 32);
    expect(accountName([url])).not.toBe(everywhere);
    expect(accountName(['URL=http://10.0.0.1:4000'])).toBe(accountName(['URL=http://10.0.0.1:4000']));
  });

  it('under a name that reveals nothing of the settings', () => {
    expect(nameFor({ OPENAI_API_KEY: 'sk-secret' })).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(PRIMARIES)('by the settings of the published plugin: $name', ({ name, settings }) => {
    const given = settings('http://10.0.0.1:1/x');
    const prefix = settingPrefix(name);
    expect(Object.keys(given).filter((setting) => !setting.startsWith(prefix))).toEqual([]);
    expect(accountName(accountSettings(source, given, prefix))).toBeDefined();
  });
});
