import { expect, it } from 'vitest';
import type { ImportStore } from './import-store.js';
import { ImportWorker } from './import-worker.js';

it('what another process has finished meanwhile is left as it is', async () => {
  const waiting = [{ id: 'i', dryRun: true, finishedAt: null }];
  const touched: string[] = [];
  const imports = {
    discardAbandoned: async () => undefined,
    nextUnfinished: async () => waiting.shift(),
    alone: async (_id: string, work: () => Promise<void>) => work(),
    find: async (id: string) => ({ id, dryRun: true, finishedAt: new Date() }),
    beginAnew: async (id: string) => void touched.push(id),
    batchAfter: async () => undefined,
    finish: async ({ id }: { id: string }) => void touched.push(id),
  } as unknown as ImportStore;
  const unused = {} as never;
  const worker = new ImportWorker(imports, unused, unused, unused, unused, unused);
  await worker.workOff(new AbortController().signal);
  expect(touched).toEqual([]);
});
