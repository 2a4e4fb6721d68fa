import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runScript, type ScriptRun } from '../lab/child.js';
import type { Fault } from '../lab/stand-in/fault.js';
import { closedPort, type StandIn, startStandIn } from '../lab/stand-in/server.js';

const DEMO = fileURLToPath(new URL('../demo/main.ts', import.meta.url));
const KEY = 'sk-never-to-be-shown';

let upstream: StandIn | undefined;
afterEach(async () => {
  await upstream?.close();
  upstream = undefined;
});

const runDemo = (...args: string[]) => runScript(DEMO, args);

async function upstreamWith(fault: Fault): Promise<string> {
  upstream = await startStandIn({ text: 'The upstream answers.', object: { by: 'upstream' } });
  upstream.fault = fault;
  return upstream.url;
}

describe('the demo', () => {
  let run: ScriptRun;
  beforeAll(async () => {
    run = await runDemo();
  });

  it('has every call of every outage answered', () => {
    expect(run.stdout).toContain('22 calls made, 22 answered, 0 unanswered; 0 unhandled rejections');
    expect(run.code).toBe(0);
  });

  it('prints each streamed answer below the row of its call', () => {
    const rows = run.stdout.split('\n');
    const streamed = rows.flatMap((line, i) => (line.startsWith('stream ') ? [[line, rows[i + 1] ?? '']] : []));
    expect(streamed).toHaveLength(5);
    const whole = 'ElizaNet |answers |instead |of |the |primary.';
    expect(streamed.map(([, below]) => below?.trim().replace(/^streamed /, ''))).toEqual([
      'OpenAI |says |hello.',
      whole,
      whole,
      'OpenAI |says',
      'OpenAI |says |hello.',
    ]);
    expect(streamed[1]?.[0]).toMatch(/circuit open +ElizaNet/);
  });

  it('prints its usage on --help', async () => {
    const { code, stdout } = await runDemo('--help');
    expect(stdout).toMatch(/^Usage: npm run demo .*--upstream URL/);
    expect(code).toBe(0);
  });

  it.each([[['--upstrem', 'x']], [['--upstream', '']], [['--key', KEY]]])(
    'prints its usage and exits with 2 for %j',
    async (args) => {
      const { code, stdout, stderr } = await runDemo(...args);
      expect(stderr).toContain('Usage: npm run demo');
      expect([code, stdout]).toEqual([2, '']);
    },
  );
});

describe('the demo with --upstream', () => {
  it('fails over to that endpoint, with its key', async () => {
    const { code, stdout } = await runDemo('--upstream', await upstreamWith({ kind: 'none' }), '--key', KEY);
    expect(stdout).toContain('22 calls made, 22 answered, 0 unanswered');
    expect(stdout).toContain('The upstream answers.');
    expect(upstream?.requests.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
    expect(code).toBe(0);
  });

  it.each<[string, () => string | Promise<string>, RegExp]>([
    ['is not a URL', () => 'nonsense', /--upstream must be an http or https URL/],
    ['refuses connections', closedPort, /could not be reached .*port in --upstream/],
    ['refuses the key', () => upstreamWith({ kind: 'status', status: 401 }), /refused \(401\).*Set --key/],
    ['is not an API', () => upstreamWith({ kind: 'status', status: 404 }), /404 .*--upstream/],
    ['never answers', () => upstreamWith({ kind: 'hang' }), /within 3000 ms/],
  ])('prints one line and makes none of its calls when it %s', async (_, url, line) => {
    const { code, stdout, stderr } = await runDemo('--upstream', await url(), '--key', KEY);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain(KEY);
    expect([code, stdout]).toEqual([1, '']);
    // An endpoint without a list of models is asked whether it answers: one call, before the demo's own.
    const paths = line.source.startsWith('404') ? ['/v1/chat/completions'] : [];
    expect((upstream?.calls ?? []).map(({ path }) => path)).toEqual(paths);
  });
});
