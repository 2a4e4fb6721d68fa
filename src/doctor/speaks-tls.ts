import { isIP } from 'node:net';
import { connect } from 'node:tls';

const LIMIT_MS = 2_000;

/** Whether a server answers a TLS handshake, with whatever certificate. Never throws. */
export function speaksTls({ hostname, port }: URL): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = isIP(host) ? undefined : host;
  return new Promise((resolve) => {
    // No request is sent, so the certificate does not matter.
    const socket = connect({ host, port: Number(port || 80), servername, rejectUnauthorized: false });
    const end = (speaks: boolean) => {
      resolve(speaks);
      socket.destroy();
    };
    socket.setTimeout(LIMIT_MS, () => end(false));
    socket.once('secureConnect', () => end(true));
    // An alert is an answer in TLS too, such as one that wants a client's certificate.
    socket.on('error', ({ message }) => end(/alert/i.test(message)));
    socket.once('close', () => resolve(false));
  });
}
