import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { callRoute } from '../../lab/call-route.js';
import { createGuarded, type Guarded } from '../../lab/guarded.js';
import { importGraph } from '../../lab/import-graph.js';
import { DASHBOARD, dashboardModule } from '../../scripts/dashboard.js';

let guarded: Guarded | undefined;

afterEach(async () => {
  await guarded?.stop();
  guarded = undefined;
});

it('the page of the dashboard is the one that its source makes; else run `npm run dashboard:build`', async () => {
  expect(await readFile(DASHBOARD, 'utf8')).toBe(await dashboardModule());
});

it('the page is one document without a handler in its HTML, and with a policy that names its script and style only', async () => {
  guarded = await createGuarded();
  const { headers, body } = await callRoute(guarded.runtime, '/dashboard');
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'$/,
  );
  const markup = body.replace(/<(script|style)>.*?<\/\1>/gs, '');
  expect(markup).not.toMatch(/\son\w+=|\sstyle=|\ssrc=|\shref=/);
});

it('is a public route with a name, which ElizaOS shows as a panel of the agent', async () => {
  guarded = await createGuarded();
  const panels = guarded.runtime.routes.filter((route) => route.public && route.type === 'GET' && route.name);
  expect(panels.map(({ name, path }) => [name, path])).toEqual([['ElizaNet', '/elizanet-fallback/dashboard']]);
});

it('is not loaded before it is asked for', () => {
  const { files } = importGraph(new URL('../../src/index.ts', import.meta.url));
  expect(files.filter((file) => file.includes('/observe/dashboard/'))).toEqual([]);
});
