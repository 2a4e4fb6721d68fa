import { describe, expect, it } from 'vitest';
import { UpstreamStatusError } from '../../../src/core/errors.js';
import type { Endpoint } from '../../../src/http/endpoint.js';
import { askInDialect, type Dialect } from '../../../src/models/dialect/ask-in-dialect.js';
import { Observer } from '../../../src/observe/observer.js';

interface Request {
  model: string;
  a?: number;
  b?: number;
}

/** Knows the fields a and b, by their names in the words. */
const dialect: Dialect<Request> = {
  adapt: (request, isRefused) =>
    Object.fromEntries(Object.entries(request).filter(([key]) => !isRefused(key))) as unknown as Request,
  refusedFeatures: (words, sent) =>
    (['a', 'b'] as const).filter((key) => sent[key] !== undefined && words.includes(` ${key} `)),
};
const refused = (words: string, statusCode = 400) =>
  new UpstreamStatusError('no', { kind: 'request', statusCode, requestId: 'r1' }, words);

/** An endpoint that fails in turn with these errors, and then answers; all of its calls share one memory. */
function upstream(ofModel = dialect) {
  const endpoint = {} as Endpoint;
  const learned: unknown[] = [];
  const observer = new Observer([(observation) => void learned.push(observation)]);
  const ask = async (...errors: unknown[]) => {
    const sent: string[] = [];
    const outcome = await askInDialect({ endpoint, observer }, ofModel, { model: 'm', a: 1, b: 2 }, async (body) => {
      sent.push(Object.keys(body).slice(1).join());
      if (errors.length > 0) throw errors.shift();
      return 'answer';
    }).catch((error: unknown) => error);
    return { sent, outcome };
  };
  return { ask, learned };
}

describe('a refused feature', () => {
  it('is left out in the same call, and from then on once that has succeeded', async () => {
    const { ask, learned } = upstream();
    expect(await ask(refused('not a ,'), refused('not b ,'))).toEqual({ sent: ['a,b', 'b', ''], outcome: 'answer' });
    expect(await ask()).toEqual({ sent: [''], outcome: 'answer' });
    expect(learned).toEqual([{ type: 'dialect_learned', model: 'm', refused: ['a', 'b'], requestId: 'r1' }]);
  });

  it.each([
    ['refused with the same words', refused('not a ,')],
    ['refused for something else', refused('never')],
    ['answered with another status', refused('not b ,', 500)],
    ['not answered', new Error('network')],
  ])('is not remembered when the request without it is %s', async (_, second) => {
    const { ask, learned } = upstream();
    expect(await ask(refused('not a ,'), second)).toEqual({ sent: ['a,b', 'b'], outcome: second });
    expect((await ask()).sent).toEqual(['a,b']);
    expect(learned).toEqual([]);
  });

  it('is not remembered when the refusal that names it comes again, and is about another one', async () => {
    const { ask } = upstream({
      ...dialect,
      refusedFeatures: (_, sent) => (sent.a === undefined ? ['b'] : ['a']),
    });
    expect(await ask(refused('not a ,'), refused('not a ,'))).toEqual({ sent: ['a,b', 'b', ''], outcome: 'answer' });
    expect((await ask()).sent).toEqual(['a']);
  });

  it('is given up after six refusals', async () => {
    const endless: Dialect<Request> = { ...dialect, refusedFeatures: () => ['c'] };
    let count = 0;
    const asked = askInDialect({ endpoint: {} as Endpoint } as never, endless, { model: 'm' }, async () => {
      throw refused(`words ${count++}`);
    });
    await expect(asked).rejects.toBeInstanceOf(UpstreamStatusError);
    expect(count).toBe(7);
  });
});
