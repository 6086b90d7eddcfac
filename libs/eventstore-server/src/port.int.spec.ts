import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { openPort } from './port.js';

interface Received {
  readonly http1: Socket[];
  readonly http2: Socket[];
}

async function open(silenceMs?: number) {
  const received: Received = { http1: [], http2: [] };
  const port = await openPort({
    host: '127.0.0.1',
    port: 0,
    certificate: undefined,
    onHttp1: (socket) => received.http1.push(socket.on('error', () => undefined)),
    onHttp2: (socket) => received.http2.push(socket.on('error', () => undefined)),
    ...(silenceMs !== undefined && { silenceMs }),
  });
  onTestFinished(() => {
    port.close();
    for (const socket of received.http2) socket.destroy();
  });
  const dial = async (text: string): Promise<Socket> => {
    const socket = connect(port.port, '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    if (text !== '') socket.write(text);
    return socket;
  };
  return { port, received, dial };
}

/** An end that comes as a reset is one too. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

it.each([
  { first: '', silence: 'from the first moment' },
  { first: 'P', silence: 'after too little' },
])('ends a connection that is silent $silence', async ({ first }) => {
  const { received, dial } = await open(20);
  const socket = await dial(first);
  await closed(socket);
  expect(received).toEqual({ http1: [], http2: [] });
});

it('no longer minds silence once it knows what a connection speaks', async () => {
  const { received, dial } = await open(20);
  const spoken = await dial('PRI * HTTP/2.0');
  // The silent one, begun later, is ended by the time that would have ended the other.
  await closed(await dial(''));
  expect(received.http2.map(({ destroyed }) => destroyed)).toEqual([false]);
  expect(spoken.destroyed).toBe(false);
});

it('closes with what waits and what speaks HTTP/1.1, and leaves HTTP/2 to whom it was given', async () => {
  const { port, received, dial } = await open();
  const http2 = await dial('PRI * HTTP/2.0');
  const others = [await dial('GET / HTTP/1.1'), await dial('P')];
  await eventually(() => expect([received.http1.length, received.http2.length]).toEqual([1, 1]));
  port.close();
  await Promise.all(others.map(closed));
  expect(received.http2.map(({ destroyed }) => destroyed)).toEqual([false]);
  expect(http2.destroyed).toBe(false);
});
