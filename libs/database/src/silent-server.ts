import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { Client, type ClientConfig, type Pool, type PoolClient } from 'pg';

export interface SilenceTimes {
  /** A connection that is in use for so long makes us ask whether the server still answers. */
  readonly suspiciousMs: number;
  /** The server must answer a new connection within this time. */
  readonly answerMs: number;
}

const silenceTimes: SilenceTimes = { suspiciousMs: 2_000, answerMs: 2_000 };
/** A busy machine may be late once. */
const tries = 2;
const lookEveryMs = 500;

/** pg's client holds its socket there; the types leave it out. */
interface Connected {
  readonly connection: { readonly stream: Socket };
}

/**
 * A server that froze, or whose machine vanished, keeps connections open and says nothing, and whoever waits for it
 * waits for ever. So when a connection is in use for long, a new one asks the server for a sign of life. Without one,
 * all connections of the pool are broken: their users fail at once and the pool connects anew. A long query of a
 * server that lives goes on. Ends with the pool's last connection, and costs nothing while no query takes long.
 */
export function breakSilentConnections(pool: Pool, server: ClientConfig, times: SilenceTimes = silenceTimes): void {
  const logger = new Logger('database');
  const open = new Set<PoolClient>();
  const inUseSince = new Map<PoolClient, number>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  const look = async (): Promise<void> => {
    const suspicious = performance.now() - times.suspiciousMs;
    if (looking || ![...inUseSince.values()].some((since) => since < suspicious)) return;
    looking = true;
    try {
      await signOfLife(server, times.answerMs);
    } catch (error) {
      logger.warn({ err: error, connections: open.size }, 'The database does not answer; its connections are broken');
      for (const client of open) breakOff(client as PoolClient & Connected);
    } finally {
      looking = false;
    }
  };

  pool.on('connect', (client) => {
    open.add(client);
    timer ??= setInterval(() => void look(), lookEveryMs).unref();
  });
  pool.on('acquire', (client) => inUseSince.set(client, performance.now()));
  pool.on('release', (_error, client) => inUseSince.delete(client));
  pool.on('remove', (client) => {
    open.delete(client);
    inUseSince.delete(client);
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  });
}

function breakOff({ connection }: Connected): void {
  connection.stream.destroy(new Error('Connection terminated: the database does not answer.'));
}

/** @throws when the server refuses or says nothing in time, again and again */
async function signOfLife(server: ClientConfig, answerMs: number): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask(server, answerMs);
    } catch (error) {
      if (tried === tries) throw error;
    }
  }
}

async function ask(server: ClientConfig, answerMs: number): Promise<void> {
  const client = new Client({ ...server, connectionTimeoutMillis: answerMs, query_timeout: answerMs });
  client.on('error', () => undefined); // what breaks the connection is told by the call that fails
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await Promise.race([client.end(), new Promise((resolve) => setTimeout(resolve, answerMs).unref())]);
  }
}
