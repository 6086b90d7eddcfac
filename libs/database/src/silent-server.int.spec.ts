import { Pool } from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { startTcpProxy } from '#libs/testing/src/tcp-proxy.js';
import { breakSilentConnections } from './silent-server.js';

async function place() {
  const url = new URL(inject('postgresUrl'));
  const proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  const connectionString = url.href;
  const pool = new Pool({ connectionString, max: 2, connectionTimeoutMillis: 500 });
  pool.on('error', () => undefined);
  breakSilentConnections(pool, { connectionString }, { suspiciousMs: 100, answerMs: 500 });
  onTestFinished(async () => {
    await pool.end();
    await proxy.close();
  });
  return { pool, proxy };
}

it('breaks what waits for a server that says nothing any more, and the pool works again once it speaks', async () => {
  const { pool, proxy } = await place();
  await pool.query('select 1');
  proxy.lose('answers');
  const errors = await Promise.all([1, 2, 3].map(() => pool.query('select 1').catch((error: unknown) => error)));
  expect(errors.filter((error) => !isInfrastructureError(error))).toEqual([]);
  proxy.cut();
  expect((await pool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

it('lets a long query of a server that lives come to its end', async () => {
  const { pool } = await place();
  expect((await pool.query<{ one: number }>('select 1 as one from pg_sleep(2)')).rows).toEqual([{ one: 1 }]);
});
