import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { useSecureServer } from './secure-server.js';
import { collect, connect, describeOurs, errorOf, newEvents, newStream } from './server-under-test.js';

describeOurs('TLS', () => {
  const secure = useSecureServer();

  const appendBy = async (url: string): Promise<unknown> => {
    const client = connect(url);
    try {
      return await client.appendToStream(newStream(), newEvents(1));
    } finally {
      await client.dispose();
    }
  };
  const aliveOverTls = async (): Promise<number | undefined> => {
    const ca = await readFile(secure.caFile);
    const [response] = (await once(request(`https://${secure.host}/health/live`, { ca }).end(), 'response')) as [
      IncomingMessage,
    ];
    response.resume();
    return response.statusCode;
  };

  it('is what the client expects unless it is told otherwise', async () => {
    const client = connect(secure.urlAs('admin:changeit').replace('tls=true&', ''));
    const stream = newStream();
    await client.appendToStream(stream, newEvents(3));
    expect(await collect(client.readStream(stream))).toHaveLength(3);
    await client.dispose();
  });

  it('carries discovery', async () => {
    expect(await appendBy(secure.urlAs('admin:changeit').replace('esdb:', 'esdb+discover:'))).toMatchObject({
      success: true,
    });
  });

  it('carries HTTP/1.1 too, with ALPN and without', async () => {
    expect(await aliveOverTls()).toBe(204);
    const socket = connectTls({
      port: Number(new URL(`https://${secure.host}`).port),
      host: '127.0.0.1',
      ca: await readFile(secure.caFile),
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe(false);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
    await eventually(() => expect(text).toMatch(/^HTTP\/1\.1 204 /));
    socket.destroy();
  });

  it('is refused by a client that does not trust the certificate; the server goes on', async () => {
    const url = `esdb://admin:changeit@${secure.host}`;
    expect(await errorOf(appendBy(url))).toMatchObject({ code: status.UNAVAILABLE });
    expect(await aliveOverTls()).toBe(204);
  });

  it('keeps out a client that speaks none; the server goes on', async () => {
    expect(await errorOf(appendBy(`esdb://${secure.host}?tls=false`))).toMatchObject({ code: status.UNAVAILABLE });
    await expect(fetch(`http://${secure.host}/ping`)).rejects.toThrow('fetch failed');
    expect(await aliveOverTls()).toBe(204);
  });

  it('is missed by a client that expects it; the server goes on', async () => {
    const plain = await startEventStoreServer();
    const url = secure.urlAs('admin:changeit').replace(secure.host, `127.0.0.1:${plain.port}`);
    expect(await errorOf(appendBy(url))).toMatchObject({ code: status.UNAVAILABLE });
    expect(await appendBy(plain.url)).toMatchObject({ success: true });
    await plain.stop();
  });
});
