import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { StreamDeleted } from './errors.js';
import { EventLog } from './event-log.js';
import { openFeed } from './feed.js';
import type { ReadRequest } from './read-request.js';
import { Storage } from './storage.js';
import { tombstoneRevision } from './tombstone.js';

let folder: string;
let log: EventLog;
beforeAll(() => {
  folder = makeTemporaryFolder();
  // With flushes, during which more is written than may be read.
  log = new EventLog(new Storage(folder, { durable: true }));
});
afterAll(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

const nothing = new Uint8Array();
const newEvents = (count: number) =>
  Array.from({ length: count }, () => ({
    id: randomUUID(),
    type: 'tested',
    isJson: false,
    metadata: nothing,
    data: nothing,
  }));

function subscription(stream: string): ReadRequest {
  return {
    stream,
    start: 'start',
    backwards: false,
    count: undefined,
    filter: undefined,
    resolvesLinks: false,
    uuidForm: 'string',
    tellsEnds: false,
  };
}

it('gives the events of a transaction before its tombstone, however often it is asked meanwhile', async () => {
  for (let round = 0; round < 50; round += 1) {
    const stream = randomUUID();
    await log.append(stream, { kind: 'any' }, newEvents(1));
    const feed = openFeed(log, subscription(stream));
    const revisions: number[] = [];
    const take = () => feed.nextPage()?.forEach(({ revision }) => revisions.push(revision));
    take();
    feed.goLive();
    const writing = { done: false };
    const written = Promise.all([
      log.append(stream, { kind: 'any' }, newEvents(2)),
      log.tombstone(stream, { kind: 'any' }),
    ]).finally(() => (writing.done = true));
    while (!writing.done) {
      take();
      await nextTurn();
    }
    await written;
    expect(() => {
      for (let pages = 0; pages < 3; pages += 1) take();
    }).toThrow(StreamDeleted);
    expect(revisions).toEqual([0, 1, 2, tombstoneRevision]);
  }
});
