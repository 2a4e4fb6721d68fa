import {
  type Body,
  type Transport,
  TransportError,
  type TransportRequest,
} from '../../src/http/transport/transport.js';
import type { EndpointBehaviour } from './scenario.js';
import { vectorOf, type World } from './world.js';

type Json = Record<string, unknown>;

const bytes = (text: string) => new TextEncoder().encode(text);
const event = (json: unknown) => bytes(`data: ${JSON.stringify(json)}\n\n`);
const choice = (fields: Json) => ({ id: '1', choices: [{ index: 0, ...fields }] });
const STATUS: Json = { error: { message: 'no', type: null, param: null, code: null } };

/** What is to come on a connection, in order: a pause, bytes, an error, silence without an end, or the end. */
type Step = { sleepMs: number } | { bytes: Uint8Array } | { fails: Error } | 'silence';

interface Reply {
  afterMs: number;
  statusCode: number;
  headers: Record<string, string>;
  steps: Step[];
}

/** The origin of an endpoint. @param number from 1 on. */
export function endpointUrl(number: number): string {
  return `http://endpoint-${number}.test`;
}

/** Connections to endpoints that each do one thing after the other, without sockets, on the time of the world. */
export function chaoticTransport(world: World, endpoints: readonly (readonly EndpointBehaviour[])[]): Transport {
  const requests = endpoints.map(() => 0);
  const open = new Set<object>();
  return () => {
    let current: (() => void) | undefined;
    return {
      async exchange(request, onEnd) {
        const number = Number(/endpoint-(\d)/.exec(request.origin)?.[1] ?? 1);
        const behaviours = endpoints[number - 1] ?? [];
        const isModels = request.method === 'GET';
        const at = isModels ? 0 : (requests[number - 1] ?? 0);
        if (!isModels) requests[number - 1] = at + 1;
        const behaviour = behaviours[at % behaviours.length] as EndpointBehaviour;
        const reply = isModels ? missing() : replyOf(world, number, behaviour, request);
        let stopped: { reason: unknown } | undefined;
        let isOver = false;
        let onStopped: ((error: unknown) => void) | undefined;
        const end = () => {
          if (isOver) return;
          isOver = true;
          open.delete(request);
          request.stop.remove(stop);
          onEnd();
        };
        const halt = (reason: unknown) => {
          stopped ??= { reason };
          onStopped?.(stopped.reason);
          end();
        };
        const stop = () => halt(request.stop.reason);
        request.stop.add(stop);
        current = () => halt(new Error('The connection was closed'));
        open.add(request);
        const unlessStopped = <T>(run: () => Promise<T>, phase: 'response' | 'body') =>
          new Promise<T>((resolve, reject) => {
            onStopped = (reason) => reject(new TransportError(reason, phase, 1));
            if (stopped) return onStopped(stopped.reason);
            run().then(resolve, (error) => {
              end();
              reject(new TransportError(error, phase, 1));
            });
          });
        await unlessStopped(async () => {
          if (reply === undefined) return new Promise<never>(() => {});
          if (reply.afterMs > 0) await world.sleep(reply.afterMs);
          const [first] = reply.steps;
          if (reply.statusCode === 0 && first && typeof first === 'object' && 'fails' in first) throw first.fails;
        }, 'response');
        const { statusCode, headers, steps } = reply as Reply;
        const body: Body = {
          next: () =>
            unlessStopped(async () => {
              for (let step = steps.shift(); step; step = steps.shift()) {
                if (step === 'silence') await new Promise(() => {});
                else if ('sleepMs' in step) await world.sleep(step.sleepMs);
                else if ('fails' in step) throw step.fails;
                else return step.bytes;
              }
              end();
              return undefined;
            }, 'body'),
          destroy: () => halt(new Error('The body is not wanted any more')),
        };
        return { statusCode, headers: new Headers(headers), body, sends: 1 };
      },
      destroy: () => current?.(),
    };
  };
}

function missing(): Reply {
  return { afterMs: 0, statusCode: 404, headers: { 'content-type': 'application/json' }, steps: [] };
}

/** @returns undefined for no response at all. */
function replyOf(
  world: World,
  number: number,
  behaviour: EndpointBehaviour,
  { path, body }: TransportRequest,
): Reply | undefined {
  const request = JSON.parse(String(body)) as Json;
  const { kind } = behaviour;
  const isEmbedding = path.endsWith('/embeddings');
  const modelType = isEmbedding ? 'TEXT_EMBEDDING' : 'TEXT';
  const chunks = 'chunks' in behaviour ? behaviour.chunks : 0;
  const isWhole = kind === 'answer' || (kind === 'empty' && !isEmbedding);
  const answer = world.ask({
    provider: `endpoint-${number}`,
    own: true,
    modelType,
    params: request,
    chunks,
    isWhole,
  });
  const json = { 'content-type': 'application/json' };
  if (kind === 'hang') return undefined;
  if (kind === 'status') {
    const { status, afterMs, retryAfterS } = behaviour;
    const headers = { ...json, ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }) };
    return { afterMs, statusCode: status, headers, steps: [{ bytes: bytes(JSON.stringify(STATUS)) }] };
  }
  const fails = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  if (kind === 'reset') return { afterMs: behaviour.afterMs, statusCode: 0, headers: {}, steps: [{ fails }] };
  if (kind === 'garbage') return { afterMs: 0, statusCode: 200, headers: json, steps: [{ bytes: bytes('<html>') }] };
  const afterMs = kind === 'answer' ? behaviour.afterMs : 0;
  const broken: Step[] = kind === 'cut' ? [{ fails }] : kind === 'stall' ? ['silence'] : [];
  if (request.stream) {
    const gapMs = kind === 'answer' ? behaviour.gapMs : 0;
    const steps = answer.pieces.flatMap((content, index): Step[] => [
      ...(index > 0 && gapMs > 0 ? [{ sleepMs: gapMs }] : []),
      { bytes: event(choice({ delta: { content }, finish_reason: null })) },
    ]);
    const isOver = kind === 'answer' || kind === 'empty';
    const tail: Step[] = isOver
      ? [{ bytes: event(choice({ delta: {}, finish_reason: 'stop' })) }, { bytes: bytes('data: [DONE]\n\n') }]
      : broken;
    return { afterMs, statusCode: 200, headers: { 'content-type': 'text/event-stream' }, steps: [...steps, ...tail] };
  }
  const text = request.response_format ? JSON.stringify({ by: answer.text }) : answer.text;
  const whole = isEmbedding
    ? {
        data: (kind === 'empty' ? [] : [request.input].flat()).map((_, index) => ({
          index,
          embedding: vectorOf(answer.id),
        })),
      }
    : choice({ message: { role: 'assistant', content: kind === 'empty' ? '' : text }, finish_reason: 'stop' });
  const encoded = JSON.stringify(whole);
  const steps: Step[] =
    broken.length > 0 ? [{ bytes: bytes(encoded.slice(0, 5)) }, ...broken] : [{ bytes: bytes(encoded) }];
  return { afterMs, statusCode: 200, headers: json, steps };
}
