import type { RecordedReply } from '../../../lab/litellm-fixtures.js';
import { startMisbehavingProvider } from './misbehaving-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

interface Case {
  path: string;
  /** @default none, and a GET request */
  body?: Record<string, unknown>;
  /** Null for a request without a key. @default the master key */
  key?: string | null;
  /** Sent to a LiteLLM that falls back from the model whose stream is cut to a healthy one. */
  withFallback?: boolean;
}

const MASTER_KEY = 'sk-fixtures';
/** Our call id, which LiteLLM echoes in some responses. In others its own id appears, recorded as `ID_OF_LITELLM`. */
const CALL_ID = '7e0d9a52-6c66-4f2e-9d7a-1f3c5b8e0a11';
const ID_OF_LITELLM = '00000000-0000-4000-8000-000000000000';
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** Headers that are the same on every run. */
const KEPT_HEADERS = [
  'content-type',
  'retry-after',
  'x-litellm-attempted-retries',
  'x-litellm-call-id',
  'x-litellm-model-group',
  'x-litellm-timeout',
  'x-litellm-version',
];
const VECTOR_LENGTH = 8;

const messages = [{ role: 'user', content: 'Hello' }];
const chat = (model: string, more: Record<string, unknown> = {}): Case => ({
  path: '/v1/chat/completions',
  body: { model, messages, ...more },
});
const stream = (model: string) => chat(model, { stream: true, stream_options: { include_usage: true } });

/** The order matters: after a 404 LiteLLM cools the deployment down for 5 s, and lists it in later errors. */
const CASES: Readonly<Record<string, Case>> = {
  'error-upstream-404.json': chat('upstream-404'),
  'error-no-deployments.json': chat('upstream-404'),
  'error-upstream-401.json': chat('upstream-401'),
  'error-429.json': chat('upstream-429-retry-after'),
  'error-429-quota.json': chat('upstream-quota'),
  'error-500.json': chat('upstream-500'),
  'error-500-upstream-dropped.json': chat('upstream-drop'),
  'error-503.json': chat('upstream-503'),
  'error-408-upstream-hangs.json': chat('upstream-hang'),
  'error-400.json': chat('upstream-400'),
  'error-402.json': chat('upstream-402'),
  'error-403.json': chat('upstream-403'),
  'error-408.json': chat('upstream-408'),
  'error-413.json': chat('upstream-413'),
  'error-422.json': chat('upstream-422'),
  'error-502-html.json': chat('upstream-502-html'),
  'error-504.json': chat('upstream-504'),
  'error-529.json': chat('upstream-529'),
  'error-500-upstream-html.json': chat('upstream-html'),
  'error-500-upstream-cut-json.json': chat('upstream-cut-json'),
  'error-content-policy.json': chat('upstream-content-policy'),
  'error-context-length.json': chat('upstream-context-length'),
  'error-unknown-model.json': chat('no-such-model'),
  'error-unsupported-temperature.json': chat('gpt-5', { temperature: 0.2 }),
  'error-unsupported-params.json': chat('gpt-5', { top_p: 0.9, stop: ['END'], presence_penalty: 0.1, max_tokens: 50 }),
  'error-unsupported-response-format.json': chat('gpt-4', { response_format: { type: 'json_object' } }),
  'error-unknown-path.json': { path: '/v1/no/such/path', body: {} },
  'error-no-key.json': { ...chat('gpt-4o-mini'), key: null },
  'error-wrong-key.json': { ...chat('gpt-4o-mini'), key: 'sk-wrong' },
  'chat.json': chat('gpt-4o-mini'),
  'chat-json-object.json': chat('upstream-ok', { response_format: { type: 'json_object' } }),
  'chat-no-choices.json': chat('upstream-no-choices'),
  'chat-null-content.json': chat('upstream-null-content'),
  'chat-empty-content.json': chat('upstream-empty-content'),
  'chat-length.json': chat('upstream-length'),
  'chat-content-filter.json': chat('upstream-content-filter'),
  'chat-tool-calls.json': chat('upstream-tool-calls'),
  'chat-reasoning.json': chat('upstream-reasoning'),
  'chat-stream.sse': stream('gpt-4o-mini'),
  'chat-stream-forwarded.sse': stream('upstream-ok'),
  'chat-stream-error-event.sse': stream('upstream-error-event'),
  'chat-stream-upstream-cut.sse': stream('upstream-cut'),
  'chat-stream-fallback.sse': { ...stream('upstream-error-event'), withFallback: true },
  'chat-stream-stall.sse': stream('upstream-stall'),
  'chat-stream-no-finish.sse': stream('upstream-no-finish'),
  'chat-stream-empty.sse': stream('upstream-empty-stream'),
  'chat-stream-html.sse': stream('upstream-html'),
  'embeddings.json': { path: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'Hello' } },
  'image.json': { path: '/v1/images/generations', body: { model: 'dall-e-3', prompt: 'A lighthouse' } },
  'models.json': { path: '/v1/models' },
};

export const FIXTURE_NAMES = Object.keys(CASES);

/** Sends every case to a real LiteLLM. @returns file names and contents, the same on every run */
export async function recordFixtures(): Promise<Map<string, string>> {
  const provider = await startMisbehavingProvider();
  const options = { upstreamUrl: provider.url, masterKey: MASTER_KEY };
  const started: LiteLLM[] = [];
  try {
    const own: Record<string, string[]>[] = [{}, { 'upstream-error-event': ['upstream-ok'] }];
    for (const fallbacks of own) {
      started.push(await startLiteLLM({ ...options, fallbacks }));
    }
    const files = new Map<string, string>();
    for (const [name, request] of Object.entries(CASES)) {
      const { url } = started[request.withFallback ? 1 : 0] as LiteLLM;
      files.set(name, await record(url, name, request));
    }
    return files;
  } finally {
    for (const litellm of started) await litellm.stop();
    await provider.close();
  }
}

async function record(url: string, name: string, { path, body, key = MASTER_KEY }: Case): Promise<string> {
  const method = body ? 'POST' : 'GET';
  const response = await fetch(url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-litellm-call-id': CALL_ID,
      'x-litellm-timeout': '1',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    },
    body: body && JSON.stringify(body),
  });
  const text = withoutNoise(await response.text());
  if (name.endsWith('.sse')) return text;
  const headers = KEPT_HEADERS.flatMap((header) => {
    const value = response.headers.get(header);
    return value === null ? [] : [[header, withoutNoise(value)]];
  });
  const reply: RecordedReply = {
    request: `${method} ${path}`,
    status: response.status,
    headers: Object.fromEntries(headers),
    body: JSON.parse(text, shortVectors),
  };
  return `${JSON.stringify(reply, null, 2)}\n`;
}

/** Replaces ids, times and ports, which differ on every run. */
function withoutNoise(text: string): string {
  return text
    .replace(UUID, (id) => (id === CALL_ID ? id : ID_OF_LITELLM))
    .replace(/[0-9a-f]{64}/g, 'deployment-id')
    .replace(/"created":\s*\d+/g, '"created":1')
    .replace(/time taken=[\d.]+/g, 'time taken=1.0')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:4000');
}

function shortVectors(key: string, value: unknown): unknown {
  return key === 'embedding' && Array.isArray(value) ? value.slice(0, VECTOR_LENGTH) : value;
}
