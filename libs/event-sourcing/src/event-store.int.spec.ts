import { expect, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { testContext } from '#libs/testing/src/given.js';
import { EventStoreUnavailable } from './errors.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';

it('gives up on a server that hangs: what it was asked fails instead of waiting for ever', async () => {
  const server = await startEventStoreServer();
  const store = EventStore.connect(server.url);
  onTestFinished(() => server.stop());
  onTestFinished(() => store.close());
  const event = { type: 'x', data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
  await store.append('spec-1', [{ id: freshId(), ...event }], -1);

  process.kill(server.pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(server.pid, 'SIGCONT'));
  const asked = [
    store.append('spec-2', [{ id: freshId(), ...event }], -1),
    store.readStream('spec-1').next(),
    store.readLog(undefined, 1),
    store.head(),
  ];
  for (const answer of await Promise.allSettled(asked)) {
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(EventStoreUnavailable);
  }

  process.kill(server.pid, 'SIGCONT');
  expect((await store.readLog(undefined, 1)).length).toBe(1);
}, 60_000);
