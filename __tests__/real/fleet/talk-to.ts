import { connect } from 'node:net';

/** A connection to Redis for commands of one line each, beside the client under test. */
export function talkTo(url: string) {
  const { hostname, port, password } = new URL(url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  socket.on('error', () => {});
  const send = (command: string) => void socket.write(`${command}\r\n`);
  send(`AUTH ${password}`);
  return { send, heard: () => heard, close: () => void socket.destroy() };
}
