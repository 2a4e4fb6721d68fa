import { afterEach, expect, it } from 'vitest';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import { examine, resultOf, setUp, startElizaNet } from './examine.js';

setUp();

let second: StandIn | undefined;
afterEach(async () => {
  await second?.close();
  second = undefined;
});

const SECRET = 'sk-second-must-never-show';

async function examineTwo() {
  const { url } = await startElizaNet();
  second = await startStandIn();
  const own = { ELIZANET_2_BASE_URL: second.url, ELIZANET_2_API_KEY: SECRET, ELIZANET_2_LARGE_MODEL: 'big' };
  return { examined: (options: object) => examine({ ELIZANET_BASE_URL: url, ...own, ...options }), second };
}

it('checks each further endpoint by its own settings, which are known ones', async () => {
  const { examined, second } = await examineTwo();
  const found = await examined({});
  expect(resultOf(found, 'setting-unknown')).toBeUndefined();
  expect(resultOf(found, 'settings')?.detail).toContain('ELIZANET_2_LARGE_MODEL');
  expect(second.calls.map(({ body }) => body.model)).toContain('big');
  expect(found.results.find(({ id, endpoint }) => id === 'reachable' && endpoint === 2)).toMatchObject({
    status: 'ok',
    name: 'reachable (2)',
    detail: second.url,
  });
  expect(found.ok).toBe(true);
});

it('warns of a broken one, by the names of its own settings and without its key: the first one answers', async () => {
  const { examined, second } = await examineTwo();
  second.fault = { kind: 'status', status: 401 };
  const found = await examined({});
  const ofSecond = found.results.filter(({ endpoint }) => endpoint === 2);
  expect(ofSecond.find(({ id }) => id === 'key')).toMatchObject({
    status: 'warn',
    advice: expect.stringContaining('ELIZANET_2_API_KEY'),
  });
  expect(JSON.stringify(found.results)).not.toContain(SECRET);
  expect(found.ok).toBe(true);
});

it('reports a number that no endpoint can have', async () => {
  const { examined } = await examineTwo();
  const found = await examined({ ELIZANET_12_BASE_URL: 'http://127.0.0.1:1' });
  expect(resultOf(found, 'setting-unknown')?.detail).toBe('there is no setting ELIZANET_12_BASE_URL');
});
