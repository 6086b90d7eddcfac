import { expect, it } from 'vitest';
import type { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { ReadModelBehind } from '#libs/event-sourcing/src/errors.js';
import type { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { CatchUp } from './catch-up.js';

it('lets whoever comes while others wait go when those have waited in vain', async () => {
  const waits: PromiseWithResolvers<void>[] = [];
  const awaitPosition = (): Promise<void> => {
    const wait = Promise.withResolvers<void>();
    waits.push(wait);
    return wait.promise;
  };
  const contexts = { readModels: { awaitPosition } } as unknown as ContextRegistry;
  const catchUp = new CatchUp(contexts, { position: 7n } as LogTail);
  const first = catchUp.customers();
  await expect.poll(() => waits.length).toBe(2);
  const second = catchUp.customers();
  waits[0]!.reject(new ReadModelBehind('customer_search', 7n));
  waits[1]!.resolve();
  expect(await Promise.all([first, second])).toEqual([false, false]);
  expect(await catchUp.customers()).toBe(false);
  expect(waits).toHaveLength(2);
});
