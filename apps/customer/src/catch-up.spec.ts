import { expect, it } from 'vitest';
import type { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { CatchUp } from './catch-up.js';

it('users are known up to the event that is handled, also where this process has not read so far', async () => {
  const waits: (readonly [string, bigint])[] = [];
  const awaitPosition = async (name: string, position: bigint) => void waits.push([name, position]);
  const contexts = { readModels: { awaitPosition } } as unknown as ContextRegistry;
  await new CatchUp(contexts, { position: 3n } as LogTail).users(7n);
  expect(waits).toContainEqual(['customer_users', 7n]);
});
