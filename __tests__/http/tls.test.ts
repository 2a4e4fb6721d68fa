import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createNetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../lab/certificate.js';
import { runChild } from '../../lab/child.js';
import { answerOf, ask, createEndpoint, failureOf } from '../../lab/client.js';
import { type RawServer, response, startRawServer } from '../../lab/raw-server.js';
import { createRuntime } from '../../lab/runtime.js';
import { settingsSchema } from '../../src/environment.js';
import elizaNet from '../../src/index.js';

const certificate = selfSigned('localhost');
let server: RawServer;

afterEach(() => server.close());

const onLocalhost = (url: string) => url.replace('127.0.0.1', 'localhost');

describe('a self-signed certificate', () => {
  it('is not believed, and nothing is sent', async () => {
    server = await startRawServer(
      (socket) => socket.write(response(200, answerOf('forged'))),
      createTlsServer(certificate),
    );
    const endpoint = createEndpoint(onLocalhost(server.url), { apiKey: 'sk-mine' });
    const error = await failureOf(ask(endpoint));
    expect(error).toMatchObject({ code: 'UPSTREAM_CONNECTION', phase: 'connect', attempt: 1 });
    expect(error.message).toMatch(/certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/);
    expect(server.requests).toHaveLength(0);
    await endpoint.close();
  });

  it('is not believed either when a setting of the agent says so', async () => {
    expect(Object.keys(settingsSchema.shape).filter((name) => /TLS|SSL|CERT|VERIFY|INSECURE/.test(name))).toEqual([]);
    server = await startRawServer(
      (socket) => socket.write(response(200, answerOf('forged'))),
      createTlsServer(certificate),
    );
    const settings = {
      ELIZANET_BASE_URL: onLocalhost(server.url),
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      rejectUnauthorized: 'false',
    };
    const { runtime, stop } = await createRuntime({ plugins: [elizaNet], settings });
    const error = await failureOf(runtime.useModel('TEXT_SMALL', { prompt: 'hi' }));
    expect(error).toMatchObject({ code: 'UPSTREAM_CONNECTION' });
    expect(server.requests).toHaveLength(0);
    await stop();
  });

  it('is accepted when NODE_EXTRA_CA_CERTS names its CA, as the error advises', async () => {
    server = await startRawServer(
      (socket) => socket.write(response(200, answerOf('well'))),
      createTlsServer(certificate),
    );
    const { output } = await callKnowing(certificate.cert, onLocalhost(server.url));
    expect(output.trim().split('\n')).toEqual(['well', 'well']);
  });
});

describe('an address that turns out to live at https', () => {
  it('is asked again there, with the same body and the key, and from then on only there', async () => {
    const schemes: string[] = [];
    server = await startRawServer(
      (socket, { headers }) => {
        const scheme = 'encrypted' in socket ? 'https' : 'http';
        schemes.push(scheme);
        const location = `https://${headers.host}/v1/chat/completions`;
        socket.write(scheme === 'https' ? response(200, answerOf('well')) : response(308, '', { location }));
      },
      createBothServer(),
      'http',
    );
    const { output } = await callKnowing(certificate.cert, onLocalhost(server.url));
    expect(output.trim().split('\n')).toEqual(['well', 'well']);
    expect(schemes).toEqual(['http', 'https', 'https']);
    const [first, second] = server.requests;
    expect(second).toMatchObject({ method: 'POST', path: first?.path, body: first?.body });
    expect(second?.headers.authorization).toBe('Bearer sk-mine');
  });
});

/** A call in a process that was told of a certificate as its host does it. */
async function callKnowing(cert: string, url: string) {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, cert);
  try {
    return await runChild('call-child.ts', { NODE_EXTRA_CA_CERTS: file, ELIZANET_BASE_URL: url });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** http and https on one port, told apart by the first byte: a TLS handshake begins with 22. */
function createBothServer() {
  const secure = createTlsServer(certificate);
  const plain = createNetServer();
  const sniffer = createNetServer((socket: Socket) => {
    socket.once('data', (bytes: Buffer) => {
      socket.pause();
      socket.unshift(bytes);
      const isHandshake = bytes[0] === 22;
      (isHandshake ? secure : plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  secure.on('secureConnection', (socket) => sniffer.emit('http', socket));
  plain.on('connection', (socket) => sniffer.emit('http', socket));
  return sniffer;
}
