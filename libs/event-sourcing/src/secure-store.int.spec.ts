import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { makeTestCertificate, type TestCertificate } from '#libs/testing/src/test-certificate.js';
import { EventStore, LostRace } from './event-store.js';
import { freshId } from './ids.js';
import type { LogEntry } from './log-entry.js';

let certificate: TestCertificate;
let server: EventStoreServer;
beforeAll(async () => {
  certificate = await makeTestCertificate();
  server = await startEventStoreServer({ certificate });
});
afterAll(async () => {
  await server.stop();
  await certificate.remove();
});

const connect = (url: string): EventStore => {
  const store = EventStore.connect(url);
  onTestFinished(() => store.close());
  return store;
};
const newEvent = () => ({
  id: freshId(),
  type: 'spec.happened',
  data: { text: 'well' },
  metadata: { ...testContext(), schemaVersion: 1 },
});

it('works with a secure store by its connection string: the credentials go with every call', async () => {
  const store = connect(server.url);
  const left = new AbortController();
  const followed: LogEntry[] = [];
  const following = (async () => {
    for await (const entries of store.follow(undefined, left.signal)) followed.push(...entries);
  })();

  const event = newEvent();
  const { revision, position } = await store.append('spec-1', [event], -1);
  expect(revision).toBe(0);
  await expect(store.append('spec-1', [newEvent()], -1)).rejects.toThrow(LostRace);

  const read: string[] = [];
  for await (const { id } of store.readStream('spec-1')) read.push(id);
  expect(read).toEqual([event.id]);
  expect(await store.head()).toBe(position);
  expect(await store.eventIdAt(position)).toBe(event.id);
  // What a secure store writes for itself is no part of what tells one log from another.
  expect(await store.identity()).toBe(event.id);
  await eventually(() => expect(followed.map((entry) => entry.position)).toEqual([position]));
  left.abort();
  await following;
});

it.each([
  { title: 'wrong ones', credentials: 'admin:wrong@', code: status.UNAUTHENTICATED, text: /Unauthenticated/ },
  { title: 'none', credentials: '', code: status.PERMISSION_DENIED, text: /Access Denied/ },
])('says that the store refuses its credentials: $title', async ({ credentials, code, text }) => {
  const store = connect(server.url.replace('admin:changeit@', credentials));
  await expect(store.head()).rejects.toMatchObject({ code });
  await expect(store.readStream('spec-2').next()).rejects.toThrow(text);
  await expect(store.append('spec-2', [newEvent()], -1)).rejects.toThrow(/Unauthenticated|AccessDenied/);
});
