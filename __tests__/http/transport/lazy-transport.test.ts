import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../../lab/fake-clock.js';
import { TimeoutController } from '../../../src/http/timeout.js';
import { createLazyTransport } from '../../../src/http/transport/lazy-transport.js';
import type {
  Connection,
  Transport,
  TransportError,
  TransportRequest,
  TransportResponse,
} from '../../../src/http/transport/transport.js';

const RESPONSE = { statusCode: 204 } as TransportResponse;

/** A transport that is loaded when the test says so, and remembers what it was asked to do. */
function slowToLoad() {
  const seen: string[] = [];
  let loads = 0;
  let loaded!: () => void;
  let failed!: (error: Error) => void;
  const create: Transport = (): Connection => {
    seen.push('create');
    return {
      async exchange({ path }, onEnd) {
        seen.push(path);
        onEnd();
        return RESPONSE;
      },
      destroy: () => void seen.push('destroy'),
    };
  };
  const transport = createLazyTransport(() => {
    loads++;
    return new Promise((resolve, reject) => {
      loaded = () => resolve(create);
      failed = reject;
    });
  });
  return { transport, seen, loads: () => loads, loaded: () => loaded(), failed: (error: Error) => failed(error) };
}

function request(path = '/v1', signal?: AbortSignal): TransportRequest & { stop: TimeoutController } {
  const stop = new TimeoutController(1_000, fakeClock(), signal);
  return { method: 'GET', origin: 'http://127.0.0.1', path, headers: {}, stop };
}

describe('a transport that is loaded late', () => {
  it('is loaded by the first request, once for all connections, and passes every request on', async () => {
    const { transport, seen, loads, loaded } = slowToLoad();
    const [one, other] = [transport(), transport()];
    expect(loads()).toBe(0);
    const responses = [one.exchange(request('/one'), () => {}), other.exchange(request('/other'), () => {})];
    loaded();
    expect(await Promise.all(responses)).toEqual([RESPONSE, RESPONSE]);
    expect(await one.exchange(request('/again'), () => {})).toBe(RESPONSE);
    expect(loads()).toBe(1);
    expect(seen).toEqual(['create', '/one', 'create', '/other', '/again']);
  });

  it('is there already when it was loaded before', async () => {
    const { transport, seen, loaded } = slowToLoad();
    const loading = transport.load();
    loaded();
    await loading;
    expect(seen).toEqual([]);
    expect(await transport().exchange(request(), () => {})).toBe(RESPONSE);
  });

  it('lets go of a request at once that is stopped before, and serves the next one', async () => {
    const { transport, seen, loaded } = slowToLoad();
    const connection = transport();
    const controller = new AbortController();
    let ends = 0;
    const stopped = connection.exchange(request('/stopped', controller.signal), () => ends++);
    controller.abort(new Error('enough'));
    const error = (await stopped.catch((thrown) => thrown)) as TransportError;
    expect([(error.cause as Error).message, error.phase, ends]).toEqual(['enough', 'connect', 1]);
    const next = connection.exchange(request('/next'), () => ends++);
    loaded();
    expect(await next).toBe(RESPONSE);
    expect([seen, ends]).toEqual([['create', '/next'], 2]);
  });

  it('fails as a connection does when it cannot be loaded', async () => {
    const { transport, failed } = slowToLoad();
    let ends = 0;
    const response = transport().exchange(request(), () => ends++);
    failed(new Error('no such file'));
    const error = (await response.catch((thrown) => thrown)) as TransportError;
    expect([(error.cause as Error).message, error.phase, ends]).toEqual(['no such file', 'connect', 1]);
  });

  it('is destroyed before it is loaded: the request fails, and nothing is connected later', async () => {
    const { transport, seen, loaded } = slowToLoad();
    const connection = transport();
    const response = connection.exchange(request(), () => {});
    connection.destroy();
    await expect(response).rejects.toMatchObject({ cause: { code: 'SERVICE_STOPPED' } });
    loaded();
    await transport.load();
    expect(seen).toEqual([]);
  });

  it('passes its destruction on once it is loaded', async () => {
    const { transport, seen, loaded } = slowToLoad();
    const connection = transport();
    const response = connection.exchange(request(), () => {});
    loaded();
    await response;
    connection.destroy();
    expect(seen.at(-1)).toBe('destroy');
  });
});
