import { expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import type { ConsumerSession } from './consumer-session.js';
import type { EventStore } from './event-store.js';
import { ReadModels } from './read-models.js';

it.each([
  ['where read models get to', 5n, 1],
  ['which is nowhere while there are only events of the store', -1n, 0],
])('the head of the log is awaited, %s', async (_where, head, looks) => {
  const store = { head: async () => 9n, headOfConsumers: async () => head } as unknown as EventStore;
  let looked = 0;
  const reached = (): bigint => {
    looked += 1;
    return 5n;
  };
  const readModels = new ReadModels();
  readModels.add('items', { database: {} as DataSource, session: {} as ConsumerSession, store, reached });
  await readModels.awaitHead('items');
  expect(looked).toBe(looks);
});

it('a read model of another process is not awaited by mistake', async () => {
  await expect(new ReadModels().awaitHead('theirs')).rejects.toThrow('No context of this process');
});
