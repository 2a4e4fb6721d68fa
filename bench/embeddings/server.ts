/** The provider of the embeddings benchmark, in a process of its own. It answers at once, as numbers or as base64. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const WIDTH = 1536;
const VARIANTS = 16;

const vectors = Array.from({ length: VARIANTS }, () => {
  const raw = Float32Array.from({ length: WIDTH }, () => Math.random() - 0.5);
  const norm = Math.hypot(...raw);
  return raw.map((value) => value / norm);
});
const asNumbers = vectors.map((vector) => JSON.stringify([...vector]));
const asBase64 = vectors.map((vector) => JSON.stringify(Buffer.from(vector.buffer).toString('base64')));

/** Whole answers, built once, so that the client is what is measured. */
const answers = new Map<string, Buffer>();
function answerTo(format: string, count: number): Buffer {
  const key = `${format} ${count}`;
  let answer = answers.get(key);
  if (!answer) {
    const source = format === 'base64' ? asBase64 : asNumbers;
    const data = Array.from({ length: count }, (_, index) => {
      return `{"object":"embedding","index":${index},"embedding":${source[index % VARIANTS]}}`;
    });
    const usage = JSON.stringify({ prompt_tokens: 50 * count, total_tokens: 50 * count });
    answer = Buffer.from(`{"object":"list","model":"m","data":[${data.join(',')}],"usage":${usage}}`);
    answers.set(key, answer);
  }
  return answer;
}

let requests = 0;
const server = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  response.setHeader('content-type', 'application/json');
  // plugin-openai checks its key when it starts.
  if (request.method === 'GET') return response.end('{"object":"list","data":[]}');
  const { input, encoding_format } = JSON.parse(Buffer.concat(parts).toString());
  requests++;
  response.end(answerTo(encoding_format, Array.isArray(input) ? input.length : 1));
});

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => {
  process.send?.({ requests });
  requests = 0;
});
process.on('disconnect', () => process.exit(0));
