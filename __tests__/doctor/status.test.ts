import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { callRoute } from '../../lab/call-route.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { readStatus } from '../../src/doctor/status.js';
import { runCli } from './run-doctor.js';

let guarded: Guarded | undefined;
let server: Server | undefined;

afterEach(async () => {
  server?.close();
  await guarded?.stop();
  guarded = server = undefined;
});

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

/** @param answer of the server to every request. */
async function serve(answer: (url: string) => Answer | Promise<Answer>) {
  server = createServer(async (request, response) => {
    const { status = 200, headers = {}, body } = await answer(request.url ?? '');
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function anAgentInAnOutage() {
  const agent = await createGuarded({ plugins: [primary({ TEXT_LARGE: () => Promise.reject(statusError(429)) })] });
  guarded = agent;
  await agent.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
  return serve(() => callRoute(agent.runtime, '/status'));
}

describe('status', () => {
  it('prints who answers, open circuits and the last failovers', async () => {
    const url = await anAgentInAnOutage();
    const { code, stdout, stderr } = await runCli(['status', '--url', url]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ElizaNet fallback \d+\.\d+\.\d+: a provider is down, calls go to another one$/m);
    expect(stdout).toMatch(/^ {2}TEXT_LARGE +elizanet-fallback +primary → elizanet-fallback$/m);
    expect(stdout).toMatch(/^ {2}primary +TEXT_LARGE +429 rate_limit +for .+ +probe in .+$/m);
    expect(stdout).toMatch(/^ {2}.+ ago +TEXT_LARGE +primary rate_limit 429 .+ → elizanet-fallback answered .+$/m);
    expect(code).toBe(0);
  });

  it('--json prints the whole status of the agent that --agent names', async () => {
    const asked: string[] = [];
    const agent = await createGuarded();
    guarded = agent;
    const url = await serve((path) => {
      asked.push(path);
      return callRoute(agent.runtime, '/status');
    });
    const { code, stdout } = await runCli(['status', '--json', '--url', `${url}/`, '--agent', 'an-id']);
    expect(asked).toEqual(['/elizanet-fallback/status?agentId=an-id']);
    expect(JSON.parse(stdout)).toMatchObject({ phase: 'empty', enabled: true, settings: expect.any(Array) });
    expect(code).toBe(0);
  });

  it('says what is wrong when there is no such server, agent or plugin', async () => {
    const url = await serve((path) => ({ status: 404, body: path.includes('agentId') ? '{}' : '<html>' }));
    const fails = async (...args: string[]) => {
      const { code, stderr } = await runCli(['status', ...args]);
      expect(code).toBe(1);
      return stderr;
    };
    expect(await fails('--url', url)).toContain('did not answer with a status (404)');
    expect(await fails('--url', url, '--agent', 'nobody')).toContain('has no agent nobody');
    expect(await fails('--url', 'http://127.0.0.1:9')).toContain('cannot be reached');
    expect(await fails('--url', 'nowhere')).toContain('--url must be');
  });

  it('does not follow a redirect, and says where it leads', async () => {
    const url = await serve(() => ({ status: 301, headers: { location: 'https://agents.example.org/x' }, body: '' }));
    expect(await readStatus(url)).toEqual({
      problem: `${url} redirects to https://agents.example.org. Give the address of the agent's server itself with --url`,
    });
  });

  it('says in one line that an answer is no status, whatever its fields are', async () => {
    const agent = await createGuarded({ plugins: [primary({ TEXT_LARGE: () => Promise.reject(statusError(429)) })] });
    guarded = agent;
    await agent.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    const { body: good } = await callRoute(agent.runtime, '/status');
    const fields = [
      { circuits: [{ provider: 'p', state: 'open', since: 0, retryInMs: 0, modelType: 7 }] },
      { circuits: [{ provider: 'p', state: 'open', since: 0, retryInMs: 0, reason: { toString: 1 } }] },
      { lastFailovers: [{ modelType: 'T', endedAt: 0, attempts: [null] }] },
      { lastFailovers: [{ modelType: 'T', endedAt: 0, attempts: [{ provider: 'p', failure: { silence: 1 } }] }] },
      { totals: {} },
    ];
    let body = '';
    const url = await serve(() => ({ body }));
    for (const field of fields) {
      body = JSON.stringify({ ...JSON.parse(good), ...field });
      expect(await readStatus(url), JSON.stringify(field)).toEqual({
        problem: expect.stringContaining('with a status (200)'),
      });
    }
    body = JSON.stringify({ ...JSON.parse(good), phase: 'constructor' });
    const { code, stdout, stderr } = await runCli(['status', '--url', url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ElizaNet fallback \S+: constructor$/m);
  });

  it('shows a name of any length without widening the other rows', async () => {
    const agent = await createGuarded({ plugins: [primary({ TEXT_LARGE: async () => 'fine' }, 'p'.repeat(10_000))] });
    guarded = agent;
    const url = await serve(() => callRoute(agent.runtime, '/status'));
    const { stdout } = await runCli(['status', '--url', url]);
    const rows = stdout.split('\n').filter((line) => !line.includes('pppp'));
    expect(rows.length).toBeLessThan(stdout.split('\n').length);
    expect(Math.max(...rows.map((line) => line.length))).toBeLessThan(200);
  });

  it('stops reading an answer that is too large for a status', async () => {
    let sentBytes = 0;
    server = createServer((_request, response) => {
      const chunk = Buffer.alloc(1 << 20, ' ');
      const send = (): void => {
        // A quarter of a gigabyte at most: the reader has to leave.
        while (sentBytes < 2 ** 28 && !response.destroyed) {
          sentBytes += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
        response.end();
      };
      send();
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await readStatus(url)).toEqual({ problem: expect.stringContaining('did not answer with a status (200)') });
    expect(sentBytes).toBeLessThan(64 * 2 ** 20);
  });

  it.each(['localhost:3000', 'ftp://localhost', 'file:///etc', 'http://'])(
    'says that %s is no URL of a server',
    async (url) => {
      expect(await readStatus(url)).toEqual({ problem: expect.stringContaining('--url must be') });
    },
  );

  it('does not take the options of the doctor', async () => {
    const { code, stderr } = await runCli(['status', '--key', 'k']);
    expect(stderr).toContain('status takes no option --key');
    expect(code).toBe(2);
  });
});
