import { Client } from 'pg';
import { expect } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';

/** A table that nobody else can write to until it is released. */
export interface HeldTable {
  /** Until so many statements of others wait for the table. */
  waitedFor(count?: number): Promise<void>;
  release(): Promise<void>;
}

/** Keeps everybody else from writing to a table, so that a request stops at its next statement on it. */
export async function hold(url: string | undefined, table: string): Promise<HeldTable> {
  const client = new Client(url);
  await client.connect();
  await client.query(`begin; lock table ${table} in share row exclusive mode`);
  return {
    waitedFor: (count = 1) =>
      eventually(async () => {
        const waiting = await client.query('select 1 from pg_locks where relation = $1::regclass and not granted', [
          table,
        ]);
        expect(waiting.rows).toHaveLength(count);
      }),
    release: async () => {
      await client.query('commit');
      await client.end();
    },
  };
}
