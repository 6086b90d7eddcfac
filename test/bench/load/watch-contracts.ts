import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

const lookEveryMs = 2;
const patienceMs = 60_000;

/** Notes when contracts can be read, as any reader of the database sees it. */
export interface ContractWatcher {
  /** `answeredAt` is of `performance.now()`. */
  expect(id: string, answeredAt: number): void;
  /** Waits for those that are missing; answers the delay of each contract in milliseconds. */
  done(): Promise<readonly number[]>;
}

export async function watchContracts(databaseUrl: string): Promise<ContractWatcher> {
  const client = new Client(databaseUrl);
  await client.connect();
  const missing = new Map<string, number>();
  const lags: number[] = [];
  let lastExpected = performance.now();
  const closing = new AbortController();

  const look = async (): Promise<void> => {
    while (!closing.signal.aborted || missing.size > 0) {
      if (performance.now() - lastExpected > patienceMs) throw new Error(`${missing.size} contracts never appeared.`);
      const { rows } = await client.query<{ id: string }>('select id from contract_list where id = any($1)', [
        [...missing.keys()],
      ]);
      const seenAt = performance.now();
      for (const { id } of rows) {
        // A row may be there before its answer is.
        lags.push(Math.max(0, seenAt - missing.get(id)!));
        missing.delete(id);
      }
      await delay(lookEveryMs);
    }
  };
  const looking = look();
  return {
    expect(id, answeredAt) {
      lastExpected = performance.now();
      missing.set(id, answeredAt);
    },
    async done() {
      closing.abort();
      try {
        await looking;
      } finally {
        await client.end();
      }
      return lags;
    },
  };
}
