import { textStream } from './guarded.js';

/** Handlers that misbehave in the ways that were seen in the field, or can be thought of; by name. */
export const MISBEHAVIOUR: Record<string, (params: Record<string, unknown>) => unknown> = {
  'throws a status': () => {
    throw Object.assign(new Error('no'), { statusCode: 503 });
  },
  'rejects with nothing': () => Promise.reject(undefined),
  'rejects with a symbol': () => Promise.reject(Symbol('no')),
  'rejects with a numeric Retry-After': () => Promise.reject({ status: 429, headers: { 'retry-after': 30 } }),
  'rejects with a list of Retry-Afters': () => Promise.reject({ status: 429, headers: { 'retry-after': [30] } }),
  'rejects with a response getter that throws': () => Promise.reject(throwing('response')),
  'rejects with a message getter that throws': () => Promise.reject(throwing('message')),
  'rejects with a cause getter that throws': () => Promise.reject(throwing('cause')),
  'rejects with a status getter that throws': () => Promise.reject(throwing('statusCode')),
  'rejects with a revoked proxy': () => Promise.reject(revoked()),
  'rejects with itself as cause': () => {
    const error: Error & { cause?: unknown } = new Error('no');
    error.cause = error;
    return Promise.reject(error);
  },
  'rejects with 200,000 errors': () => Promise.reject(new AggregateError(new Array(200_000).fill(new Error('no')))),
  'resolves a revoked proxy': () => Promise.resolve({ value: revoked() }).then(({ value }) => [value]),
  'resolves nothing': () => undefined,
  'resolves an object for a text': () => ({ textStream: 'not a stream' }),
  'returns a thenable that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: it is what misbehaves here
    then() {
      throw new Error('no');
    },
  }),
  'streams an array': () => ({ ...textStream([]), textStream: ['mine ', 'too'] }),
  'streams by a generator': () => ({ ...textStream([]), textStream: pieces() }),
  'streams by a bare iterator': () => {
    const left = ['mine ', 'too'];
    const next = () => (left.length > 0 ? { done: false, value: left.shift() } : { done: true, value: undefined });
    return { ...textStream([]), textStream: { [Symbol.asyncIterator]: () => ({ next }) } };
  },
  'streams by an iterator that throws at once': () => ({
    ...textStream([]),
    textStream: {
      [Symbol.asyncIterator]: () => ({
        next() {
          throw new Error('no');
        },
      }),
    },
  }),
  'streams nothing, and its side promises reject': () => {
    const no = () => Promise.reject(new Error('no output'));
    return { ...textStream([]), text: no(), usage: no(), finishReason: no() };
  },
  'streams a piece and stalls': () => textStream(['half '], { stalls: true }),
  'streams a piece and throws': () => textStream(['half '], { throws: new Error('socket') }),
  'streams with a finishReason getter that throws': () =>
    Object.defineProperty({ ...textStream(['mine']) }, 'finishReason', {
      get() {
        throw new Error('no');
      },
    }),
  'streams with a return() that throws': () => {
    let left = 3;
    const next = async () => (left-- > 0 ? { done: false, value: 'mine ' } : { done: true, value: undefined });
    const end = () => {
      throw new Error('no');
    };
    return { ...textStream([]), textStream: { [Symbol.asyncIterator]: () => ({ next, return: end }) } };
  },
  hangs: () => new Promise(() => {}),
  'writes to its params': (params) => {
    Object.assign(params, { prompt: 'another', stream: false });
    return 'mine';
  },
  answers: () => 'mine',
};

function throwing(name: string): object {
  return Object.defineProperty(new Error('no'), name, {
    get() {
      throw new Error(`the ${name} getter throws`);
    },
  });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function* pieces() {
  yield 'mine ';
  yield 'too';
}
