import type { IAgentRuntime, RouteRequest, RouteResponse } from '@elizaos/core';

export interface RouteAnswer {
  status: number;
  /** By name in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** Calls a route of the plugin as a server does: by its path, such as `/metrics`, at the runtime that it is registered on. */
export async function callRoute(
  runtime: IAgentRuntime,
  path: string,
  request: RouteRequest = {},
): Promise<RouteAnswer> {
  const route = runtime.routes.find((route) => route.path === `/elizanet-fallback${path}`);
  if (!route?.handler) throw new Error(`There is no route ${path}`);
  const answer: RouteAnswer = { status: 200, headers: {}, body: '' };
  const response: RouteResponse = {
    status(code) {
      answer.status = code;
      return response;
    },
    setHeader(name, value) {
      answer.headers[name.toLowerCase()] = String(value);
      return response;
    },
    send(data) {
      answer.body = String(data);
      return response;
    },
    json(data) {
      answer.body = JSON.stringify(data);
      return response;
    },
    end: () => response,
  };
  await route.handler(request, response, runtime);
  return answer;
}
