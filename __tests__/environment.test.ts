import type { IAgentRuntime } from '@elizaos/core';
import { AgentRuntime } from '@elizaos/core';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../src/core/errors.js';
import { type Config, type SettingName, settingMeta, settingsSchema } from '../src/environment.js';
import { resolveConfig } from '../src/resolve-config.js';

interface Sources {
  settings?: Record<string, string | number | boolean>;
  secrets?: Record<string, string | number | boolean>;
  env?: Record<string, string>;
}

const runtimeWith = ({ settings = {}, secrets = {} }: Sources): IAgentRuntime =>
  new AgentRuntime({ character: { name: 'Test', bio: [], settings, secrets: secrets as never }, settings: {} });

const resolve = (sources: Sources = {}) => resolveConfig(runtimeWith(sources), sources.env ?? {});
const problems = (sources: Sources): readonly string[] => {
  try {
    resolve(sources);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
};

describe('without any setting', () => {
  it('everything has the documented default', () => {
    expect(resolve().config).toMatchObject({
      ELIZANET_BASE_URL: 'http://elizanet.up.railway.app',
      ELIZANET_TIMEOUT: 30_000,
      ELIZANET_SMALL_MODEL: 'gpt-4o-mini',
      ELIZANET_LARGE_MODEL: 'gpt-4o',
      ELIZANET_EMBEDDING_MODEL: 'text-embedding-3-small',
      ELIZANET_EMBEDDING_DIMENSIONS: 1536,
      ELIZANET_IMAGE_MODEL: 'dall-e-3',
      ELIZANET_FALLBACK_ENABLED: true,
      ELIZANET_PRIMARY_TIMEOUT: 120_000,
      ELIZANET_EARLY_FAILOVER: 0,
      ELIZANET_PRIMARY_IDLE_TIMEOUT: 'auto',
      ELIZANET_HEDGE_AFTER: 'auto',
      ELIZANET_PROBE_HEDGE: 1_500,
      ELIZANET_FAILURE_THRESHOLD: 2,
      ELIZANET_COOLDOWN: 15_000,
      ELIZANET_COOLDOWN_MAX: 300_000,
      ELIZANET_ON_INTERRUPTED: 'complete',
      ELIZANET_EMBEDDING_ON_ERROR: 'vector',
      ELIZANET_EMBEDDING_ON_MISMATCH: 'throw',
      ELIZANET_CACHE_TTL: 0,
      ELIZANET_CACHE_PERSIST: false,
      ELIZANET_MEDIA_TIMEOUT: 120_000,
      ELIZANET_MAX_CONCURRENCY: 16,
      ELIZANET_MAX_INPUT_LENGTH: 1_000_000,
    });
    expect(resolve().config.ELIZANET_API_KEY).toBeUndefined();
    expect([...resolve().config.ELIZANET_FALLBACK_ON]).toEqual([
      'rate_limit',
      'quota',
      'server',
      'network',
      'timeout',
      'no_output',
      'disguised',
      'interrupted',
      'auth',
      'model_not_found',
    ]);
  });

  it('the default that documents show is the default that is used', () => {
    const config = resolve().config;
    for (const name of Object.keys(settingsSchema.shape) as SettingName[]) {
      const { shownDefault } = settingMeta(name);
      const written = resolve(shownDefault ? { env: { [name]: shownDefault } } : {}).config;
      expect([name, written[name]]).toEqual([name, config[name]]);
    }
  });

  it('the configuration cannot be changed', () => {
    expect(Object.isFrozen(resolve().config)).toBe(true);
  });
});

describe('where a setting comes from', () => {
  it('the character goes before the environment, the environment before the default', () => {
    const env = { ELIZANET_SMALL_MODEL: 'from-environment', ELIZANET_LARGE_MODEL: 'from-environment' };
    const { config } = resolve({ settings: { ELIZANET_SMALL_MODEL: 'from-character' }, env });
    expect([config.ELIZANET_SMALL_MODEL, config.ELIZANET_LARGE_MODEL]).toEqual(['from-character', 'from-environment']);
  });

  it("the character's secrets go before its settings", () => {
    const { config } = resolve({ secrets: { ELIZANET_API_KEY: 'sk-1' }, settings: { ELIZANET_API_KEY: 'sk-2' } });
    expect(config.ELIZANET_API_KEY).toBe('sk-1');
  });

  it('a blank value counts as unset', () => {
    const { config } = resolve({ settings: { ELIZANET_TIMEOUT: '  ' }, env: { ELIZANET_API_KEY: '' } });
    expect([config.ELIZANET_TIMEOUT, config.ELIZANET_API_KEY]).toEqual([30_000, undefined]);
  });

  it.each(['settings', 'secrets'] as const)("a boolean false in the character's %s is not lost", (source) => {
    const sources = { [source]: { ELIZANET_FALLBACK_ENABLED: false }, env: { ELIZANET_FALLBACK_ENABLED: 'true' } };
    expect(resolve(sources).config.ELIZANET_FALLBACK_ENABLED).toBe(false);
  });

  it('a number 0 in the character is not lost', () => {
    const { config } = resolve({ settings: { ELIZANET_PRIMARY_TIMEOUT: 0, ELIZANET_PROBE_HEDGE: 0 } });
    expect([config.ELIZANET_PRIMARY_TIMEOUT, config.ELIZANET_PROBE_HEDGE]).toEqual([0, 0]);
  });

  it('the names of version 1 are read, with a warning that names the new ones', () => {
    const { config, warnings } = resolve({ settings: { elizaNetUrl: 'https://old.example' } });
    expect(config.ELIZANET_BASE_URL).toBe('https://old.example');
    expect(warnings).toEqual(['elizaNetUrl is deprecated, use ELIZANET_BASE_URL']);
  });

  it('a new name goes before the old one, without a warning', () => {
    const settings = { elizaNetUrl: 'https://old.example', ELIZANET_BASE_URL: 'https://new.example' };
    expect(resolve({ settings })).toMatchObject({ config: { ELIZANET_BASE_URL: 'https://new.example' }, warnings: [] });
  });
});

describe('the values that a setting accepts', () => {
  it.each([
    ['true', true],
    ['1', true],
    ['YES', true],
    ['on', true],
    ['false', false],
    ['0', false],
    ['no', false],
    ['Off', false],
    [true, true],
  ])('a switch takes %j for %j', (value, expected) => {
    expect(resolve({ settings: { ELIZANET_FALLBACK_ENABLED: value } }).config.ELIZANET_FALLBACK_ENABLED).toBe(expected);
  });

  it.each([
    ['https://proxy.example', 'https://proxy.example'],
    ['https://proxy.example/', 'https://proxy.example'],
    ['https://proxy.example/v1', 'https://proxy.example'],
    ['https://proxy.example/v1/', 'https://proxy.example'],
    ['https://proxy.example/V1', 'https://proxy.example'],
    ['https://proxy.example/litellm/v1', 'https://proxy.example/litellm'],
    ['https://proxy.example//v1//', 'https://proxy.example'],
    ['HTTPS://Proxy.Example:443/v1?', 'https://proxy.example'],
    ['http://proxy.example:4000#', 'http://proxy.example:4000'],
  ])('the address %s stands for %s', (written, expected) => {
    expect(resolve({ settings: { ELIZANET_BASE_URL: written } }).config.ELIZANET_BASE_URL).toBe(expected);
  });

  it.each([
    ['0', 0],
    ['250', 250],
    ['off', 'off'],
    ['OFF', 'off'],
  ])('ELIZANET_EARLY_FAILOVER takes %j for %j', (written, expected) => {
    expect(resolve({ env: { ELIZANET_EARLY_FAILOVER: written } }).config.ELIZANET_EARLY_FAILOVER).toBe(expected);
  });

  it('ELIZANET_FALLBACK_ON takes a list with spaces and trailing commas', () => {
    const { config } = resolve({ env: { ELIZANET_FALLBACK_ON: ' auth , rate_limit,' } });
    expect([...config.ELIZANET_FALLBACK_ON]).toEqual(['auth', 'rate_limit']);
  });
});

describe('a value that cannot be used', () => {
  it.each<[SettingName, string]>([
    ['ELIZANET_BASE_URL', 'ftp://proxy.example'],
    ['ELIZANET_BASE_URL', 'proxy.example'],
    ['ELIZANET_BASE_URL', 'https://user:password@proxy.example'],
    ['ELIZANET_BASE_URL', 'https://proxy.example/?key=1'],
    ['ELIZANET_BASE_URL', 'https://proxy.example/#key=1'],
    ['ELIZANET_BASE_URL', 'https://sk-key@proxy.example'],
    ['ELIZANET_BASE_URL', 'https://proxy.example/\nforged log line'],
    ['ELIZANET_BASE_URL', 'https://proxy.example/a b'],
    ['ELIZANET_BASE_URL', 'https://proxy.example:99999'],
    ['ELIZANET_BASE_URL', 'javascript:alert(1)'],
    ['ELIZANET_BASE_URL', 'file:///etc/passwd'],
    ['ELIZANET_LARGE_MODEL', 'gpt-4o\n[ElizaNet] forged log line'],
    ['ELIZANET_SMALL_MODEL', 'gpt\u001b[2J'],
    ['ELIZANET_API_KEY', 'sk-1\r\nx-injected: yes'],
    ['ELIZANET_API_KEY', 'sk with spaces'],
    ['ELIZANET_TIMEOUT', 'soon'],
    ['ELIZANET_TIMEOUT', '0'],
    ['ELIZANET_TIMEOUT', '1.5'],
    ['ELIZANET_TIMEOUT', '-1'],
    ['ELIZANET_TIMEOUT', 'Infinity'],
    ['ELIZANET_EMBEDDING_DIMENSIONS', '0'],
    ['ELIZANET_FALLBACK_ENABLED', 'perhaps'],
    ['ELIZANET_FALLBACK_ON', 'everything'],
    ['ELIZANET_FALLBACK_ON', 'user_abort'],
    ['ELIZANET_EARLY_FAILOVER', 'never'],
    ['ELIZANET_ON_INTERRUPTED', 'retry'],
    ['ELIZANET_EMBEDDING_ON_ERROR', 'zero'],
    ['ELIZANET_EMBEDDING_ON_MISMATCH', 'warn'],
    ['ELIZANET_HEALTH_INTERVAL', '30'],
    ['ELIZANET_REDIS_URL', 'http://127.0.0.1:6379'],
    ['ELIZANET_REDIS_URL', 'redis://:pa%ss@127.0.0.1:6379'],
    ['ELIZANET_REDIS_URL', 'redis://127.0.0.1:6379/agents'],
  ])('%s=%j is refused with the name of the setting and what it accepts', (name, value) => {
    const found = problems({ env: { [name]: value } });
    expect(found).toEqual([`${name} must be ${settingMeta(name).accepts}`]);
  });

  it.each(Object.keys(settingsSchema.shape) as SettingName[])('%s refuses control characters', (name) => {
    const valid = settingMeta(name).shownDefault ?? 'tts-1';
    for (const forged of ['\n[ElizaNet] forged log line', '\r\nx', '\u001b[2J', '\u0085x', '\u2028x']) {
      expect(problems({ env: { [name]: valid + forged } })).toEqual([`${name} must be ${settingMeta(name).accepts}`]);
    }
  });

  it('is listed together with all others in one error', () => {
    const env = { ELIZANET_TIMEOUT: 'soon', ELIZANET_BASE_URL: 'nowhere', ELIZANET_ON_INTERRUPTED: 'retry' };
    expect(problems({ env }).map((line) => line.split(' ')[0])).toEqual([
      'ELIZANET_BASE_URL',
      'ELIZANET_TIMEOUT',
      'ELIZANET_ON_INTERRUPTED',
    ]);
  });

  it('is not shown: it may be a key that was put in the wrong place', () => {
    expect(problems({ env: { ELIZANET_TIMEOUT: 'sk-secret', ELIZANET_API_KEY: 'sk secret' } }).join()).not.toContain(
      'secret',
    );
  });
});

describe('a key over plain http', () => {
  const warningsFor = (url: string, key = 'sk-1'): string[] =>
    resolve({ settings: { ELIZANET_BASE_URL: url }, secrets: { ELIZANET_API_KEY: key } }).warnings;

  it('is warned about', () => {
    expect(warningsFor('http://proxy.example').join()).toContain('is sent unencrypted');
  });

  it.each(['https://proxy.example', 'http://localhost:4000', 'http://127.0.0.1:4000', 'http://[::1]:4000'])(
    'is nothing to warn about at %s',
    (url) => {
      expect(warningsFor(url)).toEqual([]);
    },
  );
});

it('a configuration holds nothing but the settings', () => {
  const config: Config = resolve().config;
  expect(Object.keys(config).every((name) => name in settingsSchema.shape)).toBe(true);
});

describe("the host's proxies", () => {
  const proxiesFor = (env: Record<string, string>, url = 'https://proxied.example') =>
    resolve({ settings: { ELIZANET_BASE_URL: url }, env });

  it('are none where the host names none', () => {
    expect(proxiesFor({ HTTP_PROXY: '', https_proxy: ' ' }).proxies).toBeUndefined();
  });

  it('are read in lower case before upper case, as other programs do', () => {
    const env = { http_proxy: 'http://lower:1', HTTP_PROXY: 'http://upper:1', HTTPS_PROXY: 'http://upper:2' };
    expect(proxiesFor({ ...env, NO_PROXY: 'a.example,b.example' }).proxies).toEqual({
      httpProxy: 'http://lower:1',
      httpsProxy: 'http://upper:2',
      noProxy: 'a.example,b.example',
    });
  });

  it.each(['http://localhost:4000', 'http://127.0.0.1:4000', 'http://[::1]:4000'])(
    'are not for %s, which no proxy can reach',
    (url) => {
      expect(proxiesFor({ HTTP_PROXY: 'http://upper:1' }, url).proxies).toBeUndefined();
    },
  );

  it.each(['socks5://proxy:1080', 'proxy', 'http://', 'http://ann:50%off@proxy', 'http://a%n:x@proxy'])(
    'that cannot be used (%s) are left out, with a warning',
    (proxy) => {
      const { proxies, warnings } = proxiesFor({ HTTPS_PROXY: proxy });
      expect(proxies).toBeUndefined();
      expect(warnings).toEqual([
        'HTTPS_PROXY is ignored because it is not an http or https URL with an encoded user name and password',
      ]);
    },
  );
});
