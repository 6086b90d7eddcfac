import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, inject, it, onTestFinished } from 'vitest';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { connected } from './context-database.js';

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

/** What a server says whose postmaster is killed the moment that a connection is ready: both things in one packet. */
const readyAndGone = Buffer.concat([
  message('R', Buffer.alloc(4)), // authentication is not asked for
  message('Z', Buffer.from('I')), // ready for a query
  message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0')),
]);

it('survives a server that goes away the moment that a connection is ready', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.end(readyAndGone)));
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // An error that nobody hears would end the process, and fail this test, after the rejection.
  await expect(connected({ type: 'postgres', url: `postgres://spec@127.0.0.1:${port}/spec` }, 'spec')).rejects.toThrow(
    "The database of spec can't be used",
  );
});

it('tells a caller soon that no connection becomes free', async () => {
  const options = { type: 'postgres', url: inject('postgresUrl'), poolSize: 1 } as const;
  const database = await connected({ ...options, extra: { connectionTimeoutMillis: 100 } }, 'spec');
  onTestFinished(() => database.destroy());
  const busy = database.createQueryRunner();
  await busy.query('select 1');
  const error = await database.query('select 1').catch((caught: unknown) => caught);
  expect(isInfrastructureError(error)).toBe(true);
  await busy.release();
  expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
});
