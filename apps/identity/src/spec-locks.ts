import { Client } from 'pg';
import { expect } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';

/** Rows or a table that nobody else can write to until they are released. */
export interface Held {
  /** Until so many statements of others wait. */
  waitedFor(count?: number): Promise<void>;
  release(): Promise<void>;
}

/** Keeps everybody else from writing to a table, so that a request stops at its next statement on it. */
export function holdTable(url: string | undefined, table: string): Promise<Held> {
  return hold(url, `lock table ${table} in share row exclusive mode`);
}

/** Keeps everybody else from writing to the rows of a user; they get their turns as they came. */
export function holdRows(url: string | undefined, table: string, userId: string): Promise<Held> {
  return hold(url, `select 1 from ${table} where user_id = '${userId}' for update`);
}

async function hold(url: string | undefined, statement: string): Promise<Held> {
  const client = new Client(url);
  await client.connect();
  await client.query(`begin; ${statement}`);
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return {
    waitedFor: (count = 1) => eventually(async () => expect((await client.query(waiting)).rows).toHaveLength(count)),
    release: async () => {
      await client.query('commit');
      await client.end();
    },
  };
}
