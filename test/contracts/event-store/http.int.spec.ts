import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { describeOurs, errorOf, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const at = (path: string): string => `http://${new URL(server.url).host}${path}`;
const jsonAt = async (path: string): Promise<unknown> => (await fetch(at(path))).json();

it('tells by HTTP/1.1, on the port of gRPC, that it is alive', async () => {
  const asked = await Promise.all(
    ['GET', 'HEAD', 'POST', 'DELETE'].map((method) => fetch(at('/health/live'), { method })),
  );
  expect(asked.map(({ status }) => status)).toEqual([204, 204, 405, 405]);
});

it('answers a ping, to a HEAD without a body', async () => {
  expect(await jsonAt('/ping')).toEqual({
    text: 'Ping request successfully handled',
    msgTypeId: expect.any(Number) as number,
  });
  const head = await fetch(at('/ping'), { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

it('answers the ping of the official client', async () => {
  const pong = await server.client['HTTPRequest']('GET', '/ping', {});
  expect(pong).toMatchObject({ text: 'Ping request successfully handled' });
});

it('tells what it is', async () => {
  expect(await jsonAt('/info')).toMatchObject({
    esVersion: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    state: 'leader',
    features: { projections: expect.anything() as unknown, userManagement: expect.anything() as unknown },
    authentication: { type: 'insecure' },
  });
});

it('tells its statistics, grouped, flat and one group alone', async () => {
  const grouped = await jsonAt('/stats');
  expect(grouped).toMatchObject({ proc: { id: expect.any(Number) as number }, sys: {}, es: {} });
  expect(await jsonAt('/stats?group=false')).toMatchObject({
    'proc-id': (grouped as { proc: { id: number } }).proc.id,
  });
  expect(await jsonAt('/stats/proc')).toMatchObject({ id: expect.any(Number) as number });
});

it('tells where it is found, under the name that the caller has used', async () => {
  const { host, port } = new URL(server.url);
  expect(await jsonAt('/gossip')).toMatchObject({
    members: [{ state: 'Leader', isAlive: true, httpEndPointPort: Number(port) }],
    serverIp: host.split(':')[0],
    serverPort: Number(port),
  });
});

it('has nothing at other paths, whatever is sent there', async () => {
  const asked = [fetch(at('/nowhere')), fetch(at('/nowhere'), { method: 'POST', body: 'x'.repeat(100_000) })];
  for (const { status, statusText } of await Promise.all(asked)) {
    expect([status, statusText]).toEqual([404, 'Not Found']);
  }
});

describeOurs('the port', () => {
  const open = async (): Promise<Socket> => {
    const socket = connectTcp(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const textFrom = (socket: Socket): (() => string) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return () => text;
  };

  it('understands a request that comes byte by byte', async () => {
    const socket = await open();
    const text = textFrom(socket.setNoDelay());
    for (const byte of 'PUT /ping HTTP/1.1\r\nhost: x\r\n\r\n') socket.write(byte);
    await eventually(() => expect(text()).toMatch(/^HTTP\/1\.1 405 /));
    socket.destroy();
  });

  it('answers several requests of one connection, also when the client has ended its side', async () => {
    const socket = await open();
    const text = textFrom(socket);
    socket.end('GET /ping HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3));
    await once(socket, 'end');
    expect(text().match(/successfully handled/g)).toHaveLength(3);
  });

  it.each([
    { title: 'nonsense', write: 'nonsense\r\n\r\n' },
    { title: 'a URL that is none', write: 'GET // HTTP/1.1\r\nhost: x\r\n\r\n' },
  ])('says 400 to $title', async ({ write }) => {
    const socket = await open();
    const text = textFrom(socket);
    socket.write(write);
    await eventually(() => expect(text()).toMatch(/^HTTP\/1\.1 400 /));
    socket.destroy();
  });

  it('ends a TLS handshake, and connections that end without a word, and goes on', async () => {
    const { port } = new URL(server.url);
    (await open()).end('P');
    (await open()).destroy();
    const tls = connectTls({ port: Number(port), host: '127.0.0.1' });
    expect(await errorOf(once(tls, 'secureConnect'))).toBeInstanceOf(Error);
    await server.client.appendToStream(newStream(), newEvents(1));
    expect((await fetch(at('/health/live'))).status).toBe(204);
  });

  it('has no statistics at a path that names none, and none under a number', async () => {
    for (const path of ['/stats/nothing', '/stats/proc/id/deeper', '/stats/toString']) {
      expect((await fetch(at(path))).status).toBe(404);
    }
  });
});
