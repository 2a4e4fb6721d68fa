import { PNG } from '../../../lab/media.js';
import { type Fault, HEALTHY } from '../../../lab/stand-in/fault.js';
import { type StandIn, type StandInOptions, startStandIn } from '../../../lab/stand-in/server.js';

const status = (code: number, headers?: Record<string, string>): Fault => ({ kind: 'status', status: code, headers });
const refusal = (code: number, message: string, type: string): Fault => ({
  kind: 'status',
  status: code,
  body: JSON.stringify({ error: { message, type, param: null, code: type } }),
});

/** A chat completion with these choices. */
const answer = (...choices: object[]): Fault => ({
  kind: 'status',
  status: 200,
  body: JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'upstream',
    choices,
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  }),
});
const choice = (content: string | null, finish_reason: string, more: object = {}) => ({
  index: 0,
  message: { role: 'assistant', content, ...more },
  finish_reason,
});
const TOOL_CALL = { id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '{}' } };

/** The models of the provider behind LiteLLM, each with its fault. */
export const UPSTREAM_MODELS: Readonly<Record<string, Fault>> = {
  'upstream-ok': HEALTHY,
  'upstream-401': status(401),
  'upstream-404': refusal(404, 'The model does not exist', 'model_not_found'),
  'upstream-429': status(429),
  'upstream-429-retry-after': status(429, { 'retry-after': '7' }),
  'upstream-500': status(500),
  'upstream-503': status(503),
  'upstream-context-length': refusal(
    400,
    "This model's maximum context length is 128000 tokens.",
    'context_length_exceeded',
  ),
  'upstream-content-policy': refusal(
    400,
    'Your request was rejected as a result of our safety system.',
    'content_policy_violation',
  ),
  'upstream-inline-image': {
    kind: 'status',
    status: 200,
    body: JSON.stringify({ created: 1, data: [{ b64_json: PNG.toString('base64'), revised_prompt: 'A dot' }] }),
  },
  'upstream-quota': refusal(429, 'You exceeded your current quota.', 'insufficient_quota'),
  'upstream-hang': { kind: 'hang' },
  'upstream-drop': { kind: 'drop' },
  'upstream-cut': { kind: 'cut' },
  'upstream-error-event': { kind: 'error-event' },
  'upstream-stall': { kind: 'stall' },
  'upstream-no-finish': { kind: 'no-finish' },
  'upstream-empty-stream': { kind: 'empty-stream', finish: true },
  'upstream-400': status(400),
  'upstream-402': status(402),
  'upstream-403': status(403),
  'upstream-408': status(408),
  'upstream-413': status(413),
  'upstream-422': status(422),
  'upstream-502-html': { kind: 'status', status: 502, body: '<html>Bad Gateway</html>', contentType: 'text/html' },
  'upstream-504': status(504),
  'upstream-529': status(529),
  'upstream-html': { kind: 'garbage' },
  'upstream-cut-json': { kind: 'status', status: 200, body: '{"choices":[{"mess' },
  'upstream-no-choices': answer(),
  'upstream-null-content': answer(choice(null, 'stop')),
  'upstream-empty-content': answer(choice('', 'stop')),
  'upstream-length': answer(choice('The answer is cut at', 'length')),
  'upstream-content-filter': answer(choice('', 'content_filter')),
  'upstream-tool-calls': answer(choice(null, 'tool_calls', { tool_calls: [TOOL_CALL] })),
  'upstream-reasoning': answer(choice('Four.', 'stop', { reasoning_content: 'Two and two.' })),
  // LiteLLM knows these names, and rejects params that the models do not support without calling the provider.
  'gpt-4': HEALTHY,
  'gpt-5': HEALTHY,
};

/** An OpenAI-compatible provider on loopback behind LiteLLM. The model name selects the fault. */
export async function startMisbehavingProvider(options?: StandInOptions): Promise<StandIn> {
  const provider = await startStandIn(options);
  provider.fault = ({ body }) => UPSTREAM_MODELS[String(body.model)] ?? HEALTHY;
  return provider;
}
