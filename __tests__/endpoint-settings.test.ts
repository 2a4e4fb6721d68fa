import { AgentRuntime } from '@elizaos/core';
import { describe, expect, it } from 'vitest';
import { Routes } from '../src/chain/routes.js';
import { ConfigurationError } from '../src/core/errors.js';
import { endpointAdvice, endpointName } from '../src/endpoint-advice.js';
import type { EndpointSettings } from '../src/endpoint-settings.js';
import { resolveConfig } from '../src/resolve-config.js';

const resolve = (settings: Record<string, string>, env: NodeJS.ProcessEnv = {}) =>
  resolveConfig(new AgentRuntime({ character: { name: 'Test', bio: [], settings }, settings: {} }), env);
const endpoints = (settings: Record<string, string>, env?: NodeJS.ProcessEnv) => resolve(settings, env).endpoints;
const URL_2 = { ELIZANET_2_BASE_URL: 'https://two.example/v1' };

describe('endpoints that are given in code', () => {
  const given = (endpoints: readonly EndpointSettings[], settings: Record<string, string> = {}) =>
    resolveConfig(new AgentRuntime({ character: { name: 'Test', bio: [], settings }, settings: {} }), {}, endpoints);

  it('take the numbers that the settings leave free, with the same checks and the same inheritance', () => {
    const { endpoints } = given(
      [
        { ELIZANET_BASE_URL: 'https://in-code.example/v1', ELIZANET_API_KEY: 'sk-code', ELIZANET_MAX_CONCURRENCY: 2 },
        { ELIZANET_BASE_URL: 'https://too.example', ELIZANET_SMALL_MODEL: 'a,b' },
      ],
      { ...URL_2, ELIZANET_2_API_KEY: 'sk-2', ELIZANET_LARGE_MODEL: 'big' },
    );
    expect(endpoints.map(({ number, config }) => [number, config.ELIZANET_BASE_URL, config.ELIZANET_API_KEY])).toEqual([
      [1, 'http://elizanet.up.railway.app', undefined],
      [2, 'https://two.example', 'sk-2'],
      [3, 'https://in-code.example', 'sk-code'],
      [4, 'https://too.example', undefined],
    ]);
    expect(endpoints[2]?.config).toMatchObject({ ELIZANET_MAX_CONCURRENCY: 2, ELIZANET_LARGE_MODEL: 'big' });
    expect(endpoints[3]?.models.ELIZANET_SMALL_MODEL).toEqual(['a', 'b']);
  });

  it('get no key that was set for a number, and give theirs to no address that was set', () => {
    const { endpoints, warnings } = given([{ ELIZANET_BASE_URL: 'https://in-code.example' }], {
      ELIZANET_2_API_KEY: 'sk-2',
    });
    expect(endpoints[1]?.config.ELIZANET_API_KEY).toBeUndefined();
    expect(warnings).toEqual(['ELIZANET_2_API_KEY is ignored, because ELIZANET_2_BASE_URL is not set']);
  });

  it('are refused when one is invalid, or there are too many', () => {
    expect(() => given([{ ELIZANET_BASE_URL: 'ftp://x' }])).toThrow(/ELIZANET_2_BASE_URL must be/);
    expect(() => given([{ ELIZANET_BASE_URL: '' }])).toThrow(/ELIZANET_2_BASE_URL must be/);
    const many = Array.from({ length: 9 }, () => ({ ELIZANET_BASE_URL: 'https://x.example' }));
    expect(() => given(many)).toThrow('there can be at most 9 endpoints');
  });

  it('need an address of their own: their key must not go to the first one', () => {
    for (const address of [undefined as unknown as string, ' ']) {
      expect(() => given([{ ELIZANET_BASE_URL: address, ELIZANET_API_KEY: 'sk-tenant' }])).toThrow(
        /ELIZANET_2_BASE_URL must be/,
      );
    }
  });

  it('take a blank value for an unset one', () => {
    const { endpoints } = given([
      { ELIZANET_BASE_URL: 'https://in-code.example', ELIZANET_API_KEY: '', ELIZANET_SMALL_MODEL: ' ' },
    ]);
    expect(endpoints[1]?.config.ELIZANET_API_KEY).toBeUndefined();
    expect(endpoints[1]?.config.ELIZANET_SMALL_MODEL).toBe(endpoints[0].config.ELIZANET_SMALL_MODEL);
  });
});

describe('the settings of further endpoints', () => {
  it('add no endpoint without a base URL', () => {
    expect(endpoints({ ELIZANET_2_API_KEY: 'sk-2', ELIZANET_3_SMALL_MODEL: 'x' })).toHaveLength(1);
  });

  it('warn of a key without an address, and of a number that no endpoint can have', () => {
    const { warnings } = resolve({ ELIZANET_2_API_KEY: 'sk-2', ELIZANET_3_BASE_URL: 'https://three.example' });
    expect(warnings).toEqual(['ELIZANET_2_API_KEY is ignored, because ELIZANET_2_BASE_URL is not set']);
    const { warnings: beyond } = resolve({
      ELIZANET_10_BASE_URL: 'https://ten.example',
      ELIZANET_1_BASE_URL: 'https://one.example',
    });
    expect(beyond).toEqual([
      'ELIZANET_1_BASE_URL is ignored: the first endpoint is ELIZANET_BASE_URL, further ones are numbered 2 to 9',
      'ELIZANET_10_BASE_URL is ignored: the first endpoint is ELIZANET_BASE_URL, further ones are numbered 2 to 9',
    ]);
  });

  it('are inherited from the first endpoint when unset, except for the key', () => {
    const [, second] = endpoints({ ...URL_2, ELIZANET_API_KEY: 'sk-1', ELIZANET_LARGE_MODEL: 'big' });
    expect(second).toMatchObject({
      number: 2,
      config: { ELIZANET_BASE_URL: 'https://two.example', ELIZANET_LARGE_MODEL: 'big', ELIZANET_MAX_CONCURRENCY: 16 },
    });
    expect(second?.config.ELIZANET_API_KEY).toBeUndefined();
  });

  it('can leave numbers out, up to nine', () => {
    const settings = { ELIZANET_9_BASE_URL: 'http://127.0.0.1:9', ELIZANET_10_BASE_URL: 'http://127.0.0.1:10' };
    expect(endpoints({ ...URL_2, ...settings }).map(({ number }) => number)).toEqual([1, 2, 9]);
  });

  it('are read from the environment too', () => {
    const [, second] = endpoints(
      {},
      { ELIZANET_2_BASE_URL: 'http://localhost:11434', ELIZANET_2_SMALL_MODEL: 'llama3' },
    );
    expect(second?.config.ELIZANET_SMALL_MODEL).toBe('llama3');
  });

  it('are named as they were given when they are invalid', () => {
    const settings = {
      ELIZANET_2_BASE_URL: 'ftp://two',
      ELIZANET_3_BASE_URL: 'https://3',
      ELIZANET_3_MAX_CONCURRENCY: '0',
    };
    expect(() => endpoints(settings)).toThrow(ConfigurationError);
    expect(() => endpoints(settings)).toThrow(/ELIZANET_2_BASE_URL must be .*; ELIZANET_3_MAX_CONCURRENCY must be/);
  });

  it('warn of a key that is sent unencrypted', () => {
    const { warnings } = resolve({ ELIZANET_2_BASE_URL: 'http://two.example', ELIZANET_2_API_KEY: 'sk-2' });
    expect(warnings.join()).toContain(
      'ELIZANET_2_API_KEY is sent unencrypted, because ELIZANET_2_BASE_URL is an http URL',
    );
  });

  it('leave the proxy to endpoints that are not on this machine', () => {
    const [first, second] = endpoints(
      { ELIZANET_BASE_URL: 'http://127.0.0.1:4000', ...URL_2 },
      { HTTPS_PROXY: 'http://proxy.example:3128' },
    );
    expect(first.proxies).toBeUndefined();
    expect(second?.proxies).toMatchObject({ httpsProxy: 'http://proxy.example:3128' });
  });
});

describe('a list of models', () => {
  it('is split at commas, without blanks and repetitions; the first one stands for the setting', () => {
    const { config, endpoints } = resolve({ ELIZANET_SMALL_MODEL: ' a, b ,,a' });
    expect([config.ELIZANET_SMALL_MODEL, endpoints[0].models.ELIZANET_SMALL_MODEL]).toEqual(['a', ['a', 'b']]);
  });

  it('must have a name in it', () => {
    expect(() => resolve({ ELIZANET_SMALL_MODEL: ' , ' })).toThrow(/ELIZANET_SMALL_MODEL must be/);
  });
});

describe('the routes of an agent', () => {
  const routes = new Routes(
    endpoints({ ...URL_2, ELIZANET_SMALL_MODEL: 'a,b', ELIZANET_LARGE_MODEL: 'c,b', ELIZANET_2_TTS_MODEL: 'tts-1' }),
  );
  const names = (modelType: string) => routes.of(modelType).map(({ name }) => name);

  it('are those of each model of the first endpoint, then of the next', () => {
    expect(names('TEXT_SMALL')).toEqual([
      'elizanet-fallback',
      'elizanet-fallback (b)',
      'elizanet-fallback-2',
      'elizanet-fallback-2 (b)',
    ]);
    expect(routes.models('OBJECT_LARGE')).toEqual(['c', 'b', 'c', 'b']);
  });

  it('leave out an endpoint without a model for the type', () => {
    expect(names('TEXT_TO_SPEECH')).toEqual(['elizanet-fallback-2']);
  });

  it('are the first one for tokenizers', () => {
    expect(names('TEXT_TOKENIZER_ENCODE')).toEqual(['elizanet-fallback']);
  });
});

describe('ELIZANET_DRILL and ELIZANET_MODEL_TYPES', () => {
  it.each([
    ['10%', 0.1],
    ['0.5 %', 0.005],
    ['off', 'off'],
    ['OFF', 'off'],
    ['TEXT_SMALL, image', new Set(['text_small', 'image'])],
  ])('%s is read as %j', (value, drill) => {
    expect(resolve({ ELIZANET_DRILL: value }).config.ELIZANET_DRILL).toEqual(drill);
  });

  it.each(['150%', 'x%', 'TEXT_TINY', ','])('%j is no drill', (value) => {
    expect(() => resolve({ ELIZANET_DRILL: value })).toThrow(/ELIZANET_DRILL must be off, a share such as 10%/);
  });

  it.each(['texts', ','])('%j is no list of model types', (value) => {
    expect(() => resolve({ ELIZANET_MODEL_TYPES: value })).toThrow(/ELIZANET_MODEL_TYPES must be/);
  });
});

it('advice names the settings of the endpoint that failed', () => {
  expect([endpointName(1), endpointName(3)]).toEqual(['ElizaNet', 'ElizaNet 3']);
  const { unreachable, slow, status } = endpointAdvice(3);
  expect([unreachable, slow, status?.auth]).toEqual([
    'check ELIZANET_3_BASE_URL',
    'raise ELIZANET_TIMEOUT (ELIZANET_MEDIA_TIMEOUT for images and audio) if its models need longer',
    'set ELIZANET_3_API_KEY to a key it accepts',
  ]);
});
