import { afterEach, expect, it } from 'vitest';
import { type Answer, type RawServer, response, startRawServer } from '../../lab/raw-server.js';
import { startStandIn } from '../../lab/stand-in/server.js';
import { runDoctor } from './run-doctor.js';

let proxy: RawServer | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

const HTTP = { ELIZANET_BASE_URL: 'http://elizanet.invalid' };

async function startProxy(answer: Answer): Promise<string> {
  proxy = await startRawServer(answer);
  return proxy.url;
}

it('is named, without its password', async () => {
  const url = await startProxy((socket) => socket.write(response(200, '{"data":[]}')));
  const report = await runDoctor({ ...HTTP, http_proxy: url.replace('//', '//ann:secret@') });
  expect(report.byId.proxy).toMatchObject({ status: 'ok', detail: `requests go through ${url}` });
  expect(report.byId.reachable?.status).toBe('ok');
  expect(JSON.stringify(report)).not.toContain('secret');
  // It answers no chat call.
  expect(report.code).toBe(1);
});

it('is not named for this machine, to which no proxy leads', async () => {
  const elizaNet = await startStandIn();
  const report = await runDoctor({ http_proxy: 'http://127.0.0.1:9', ELIZANET_BASE_URL: elizaNet.url });
  await elizaNet.close();
  expect(report.byId.proxy).toBeUndefined();
  expect(report.code).toBe(0);
});

it('is not named for a host that NO_PROXY names', async () => {
  const report = await runDoctor({ ...HTTP, http_proxy: 'http://127.0.0.1:9', no_proxy: '.invalid' });
  expect(report.byId.proxy).toBeUndefined();
  expect(report.byId.reachable?.advice).not.toContain('proxy');
  expect(report.code).toBe(1);
});

it.each([
  [407, /wants a user name and a password: put them into HTTP_PROXY/],
  [403, /refuses this address \(403\).*name elizanet\.invalid in NO_PROXY/],
  [503, /could not reach the address \(503\)/],
])('that refuses with %i: the advice is about the proxy', async (status, advice) => {
  const page = response(status, '<html>', { 'content-type': 'text/html' });
  const url = await startProxy((socket) => socket.write(page));
  const report = await runDoctor({ ...HTTP, http_proxy: url });
  expect(report.byId.reachable).toMatchObject({ status: 'fail', advice: expect.stringMatching(advice) });
  expect(report.code).toBe(1);
});

it('that refuses a tunnel: the advice is about the proxy', async () => {
  const url = await startProxy((socket) => socket.end(response(403, '<html>', { 'content-type': 'text/html' })));
  const report = await runDoctor({ ELIZANET_BASE_URL: 'https://elizanet.invalid', https_proxy: url });
  expect(report.byId.reachable?.advice).toContain(`The proxy ${url} refuses this address`);
  expect(report.code).toBe(1);
});

it('that does not run: the advice is about the proxy', async () => {
  const report = await runDoctor({ ...HTTP, http_proxy: 'http://127.0.0.1:9' });
  expect(report.byId.reachable?.advice).toMatch(/went through the proxy http:\/\/127\.0\.0\.1:9: check HTTP_PROXY/);
  expect(report.code).toBe(1);
});
