import type { Route, RouteResponse } from '@elizaos/core';
import type { ElizaNetInstance } from '../instance.js';
import { findInstance } from '../instances.js';
import { statusOf } from '../status.js';
import { isFromElsewhere } from './is-from-elsewhere.js';

/** What a route answers with. */
export interface Page {
  contentType: string;
  body: string;
  headers?: Readonly<Record<string, string>>;
}

/** The plugin's routes. A server mounts them at `/elizanet-fallback`, and at `/api/agents/<id>/plugins/elizanet-fallback`. */
export const ROUTES: Route[] = [
  route('/metrics', async ({ tally }) => {
    // The library is loaded when the page is first asked for.
    const { expose } = await import('../observe/metrics/exposition.js');
    const { contentType, text } = await expose(tally);
    return { contentType, body: text };
  }),
  route('/status', (instance) => json(statusOf(instance))),
  route(
    '/dashboard',
    async () => {
      const { DASHBOARD_HTML, DASHBOARD_POLICY } = await import('../observe/dashboard/dashboard-page.js');
      const headers = { 'content-security-policy': DASHBOARD_POLICY, 'referrer-policy': 'no-referrer' };
      return { contentType: 'text/html; charset=utf-8', body: DASHBOARD_HTML, headers };
    },
    // ElizaOS's web UI shows a public route with a name as a panel of the agent.
    { public: true, name: 'ElizaNet' },
  ),
  route('/history', ({ history }) => json(history.snapshot())),
];

function json(value: unknown): Page {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

/** Read-only: a request names no address and changes nothing. */
function route(
  path: string,
  serve: (instance: ElizaNetInstance) => Page | Promise<Page>,
  panel: Pick<Route, 'public' | 'name'> = {},
): Route {
  return {
    ...panel,
    type: 'GET',
    path,
    async handler(request, response, runtime) {
      // A server does not wait for this promise, so it must not reject.
      try {
        const instance = findInstance(runtime);
        if (isFromElsewhere(request)) refuse(response, 403, 'This page is only served to its own origin.');
        else if (!instance) refuse(response, 503, 'The plugin was not initialised for this agent.');
        else send(response, await serve(instance));
      } catch {
        if (!response.headersSent) refuse(response, 500, 'The page could not be written.');
      }
    },
  };
}

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

function send(response: RouteResponse, { contentType, body, headers }: Page): void {
  const all = { ...HEADERS, ...headers, 'content-type': contentType };
  for (const [name, value] of Object.entries(all)) response.setHeader?.(name, value);
  response.status(200).send(body);
}

function refuse(response: RouteResponse, status: number, error: string): void {
  response.status(status).json({ error });
}
