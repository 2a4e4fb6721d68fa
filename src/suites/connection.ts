import assert from 'node:assert/strict';
import { EventType } from '@elizaos/core';
import { InvalidResponseError, ProviderTimeoutError } from '../core/errors.js';
import { runChecks } from '../doctor/checks.js';
import { findInstance } from '../instances.js';
import { failureOf, inClosedLab, inLab } from './lab.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'should connect to ElizaNet API successfully': async (host) => {
    await inLab(host, {}, async ({ runtime }) => {
      const instance = findInstance(runtime);
      assert.ok(instance, 'The plugin was not initialised');
      const problems: string[] = [];
      for await (const { name, status, detail, advice } of runChecks(instance.config, instance.endpoint)) {
        if (status === 'fail') problems.push(`${name}: ${detail}. ${advice ?? ''}`);
      }
      assert.equal(problems.length, 0, problems.join('\n'));
    });
  },

  'should handle network timeouts gracefully': async (host) => {
    await inClosedLab(host, { settings: { ELIZANET_TIMEOUT: 50 } }, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'hang' };
      const call = runtime.useModel('TEXT_SMALL', { prompt: 'Hello' });
      const error = await failureOf(call, 'A call without a response did not fail');
      assert.ok(error instanceof ProviderTimeoutError, `Not reported as a timeout: ${error.name}`);
    });
  },

  'should validate API responses correctly': async (host) => {
    await inClosedLab(host, {}, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'garbage' };
      const call = runtime.useModel('TEXT_SMALL', { prompt: 'Hello' });
      const error = await failureOf(call, 'An HTML page was accepted as an answer');
      assert.ok(error instanceof InvalidResponseError, `Not reported as an invalid response: ${error.name}`);
    });
  },

  'should emit usage events properly': async (host) => {
    await inClosedLab(host, {}, async ({ runtime }) => {
      const payloads: Record<string, unknown>[] = [];
      runtime.registerEvent(EventType.MODEL_USED, async (payload) => {
        payloads.push(payload as unknown as Record<string, unknown>);
      });
      await runtime.useModel('TEXT_SMALL', { prompt: 'Hello' });
      assert.equal(payloads.length, 1, 'No MODEL_USED event');
      assert.deepEqual(payloads[0]?.tokens, { prompt: 7, completion: 8, total: 15 });
    });
  },

  'logs no key and no prompt': async (host) => {
    const secrets = { ELIZANET_API_KEY: 'sk-never-to-be-seen' };
    await inClosedLab(host, { secrets }, async ({ runtime, standIn, log }) => {
      standIn.fault = { kind: 'status', status: 500 };
      await failureOf(runtime.useModel('TEXT_SMALL', { prompt: 'a prompt never to be seen' }), 'A 500 did not fail');
      const ours = log.filter((line) => line.includes('[ElizaNet]'));
      assert.ok(ours.length > 0, 'The failure was not logged');
      assert.ok(!ours.some((line) => line.includes('never')), 'The log contains the key or the prompt');
    });
  },
} satisfies Record<string, SuiteTest>;
