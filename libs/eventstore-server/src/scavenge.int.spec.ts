import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { EventLog } from './event-log.js';
import { logFile } from './log-file.js';
import { Scavenge } from './scavenge.js';
import { Storage } from './storage.js';
import { encodeEvent } from './stored-event.js';
import { metadataType, metastreamOf, softDeletedJson } from './stream-metadata.js';
import { tombstoneRevision } from './tombstone.js';

function openLog(folder = temporaryFolder()) {
  const storage = new Storage(folder, { durable: false });
  onTestFinished(() => storage.close());
  return { folder, storage, log: new EventLog(storage) };
}

function event(text = '', type = 'happened') {
  const nothing = Buffer.alloc(0);
  return { id: randomUUID(), type, isJson: true, metadata: nothing, data: Buffer.from(text) };
}

async function append(log: EventLog, stream: string, count: number, text = ''): Promise<void> {
  await log.append(
    stream,
    { kind: 'any' },
    Array.from({ length: count }, () => event(text)),
  );
}

async function setMetadata(log: EventLog, stream: string, json: string): Promise<void> {
  await log.append(metastreamOf(stream), { kind: 'any' }, [event(json, metadataType)]);
}

function numbersOf(storage: Storage, stream: string): number[] {
  return storage.pageOfStream(stream, 0, false).map(({ revision }) => revision);
}

/** The log as one finds it who remembers nothing of it. */
async function foundIn(folder: string): Promise<{ end: number; lastRevision: number }> {
  const found = new Storage(folder, { durable: true, readOnly: true });
  const { end } = found;
  const lastRevision = found.lastRevision('some');
  await found.close();
  return { end, lastRevision };
}

it.each([
  { metadata: undefined, left: [0, 1, 2, 3, 4] },
  { metadata: '{"$maxCount":2}', left: [3, 4] },
  { metadata: '{"$tb":3}', left: [3, 4] },
  { metadata: '{"$tb":4,"$maxCount":3}', left: [4] },
  { metadata: '{"$tb":400}', left: [4] },
  { metadata: '{"$maxAge":100}', left: [0, 1, 2, 3, 4] },
  { metadata: softDeletedJson, left: [4] },
  { metadata: '{"$maxCount":"2"}', left: [0, 1, 2, 3, 4] },
])('with $metadata the events $left are left of five', async ({ metadata, left }) => {
  const { folder, log, storage } = openLog();
  await append(log, 'other', 3);
  await append(log, 'some', 5);
  if (metadata !== undefined) await setMetadata(log, 'some', metadata);
  const { end } = storage;
  const { events } = await new Scavenge(storage).run();
  expect(numbersOf(storage, 'some')).toEqual(left);
  expect(numbersOf(storage, 'other')).toEqual([0, 1, 2]);
  expect(events).toBe(5 - left.length);
  expect(await foundIn(folder)).toEqual({ end, lastRevision: 4 });
  await append(log, 'some', 1);
  expect(storage.lastRevision('some')).toBe(5);
});

it.each([
  { title: 'what has expired', ages: [3, 2, 0.5, 0], left: [2, 3] },
  { title: 'all but the last event when everything has expired', ages: [5, 4, 3, 2], left: [3] },
  { title: 'nothing behind one that has not', ages: [3, 0, 2, 0], left: [1, 2, 3] },
])('removes $title', async ({ ages, left }) => {
  const { storage } = openLog();
  const day = 24 * 3_600_000;
  let position = storage.end;
  for (const [revision, age] of ages.entries()) {
    const created = Date.now() - age * day;
    const stored = { ...event(), position, stream: 'some', revision, id: Buffer.alloc(16, revision), created };
    const record = encodeEvent(stored);
    position += record.length;
    await storage.write([stored], [record], position);
  }
  const log = new EventLog(storage);
  await setMetadata(log, 'some', '{"$maxAge":86400}');
  await new Scavenge(storage).run();
  expect(numbersOf(storage, 'some')).toEqual(left);
});

it('keeps of a tombstoned stream the tombstone, and of metadata the newest', async () => {
  const { log, storage } = openLog();
  await append(log, 'some', 300);
  for (const count of [7, 8, 9]) await setMetadata(log, 'some', `{"$maxCount":${count}}`);
  await new Scavenge(storage).run();
  expect(numbersOf(storage, '$$some')).toEqual([2]);
  expect(numbersOf(storage, 'some')).toHaveLength(9);
  await log.tombstone('some', { kind: 'any' });
  await new Scavenge(storage).run();
  expect(storage.lastRevision('some')).toBe(tombstoneRevision);
  expect(storage.pageOfAll(0, false).map(({ type }) => type)).toEqual([metadataType, '$streamDeleted']);
});

it('goes on with $all over the gaps, and takes positions in them', async () => {
  const { log, storage } = openLog();
  await append(log, 'other', 1);
  await append(log, 'some', 4, 'text');
  await append(log, 'other', 1);
  const before = storage.pageOfAll(0, false);
  await setMetadata(log, 'some', '{"$tb":3}');
  await new Scavenge(storage).run();
  const after = storage.pageOfAll(0, false);
  expect(after.map(({ position }) => position).slice(0, 3)).toEqual([0, 4, 5].map((index) => before[index]!.position));
  for (const { position } of before) expect(storage.isBoundary(position)).toBe(true);
  expect(storage.pageOfAll(before[1]!.position, false)[0]!.position).toBe(before[4]!.position);
  expect(storage.isBoundary(before[4]!.position + 1)).toBe(false);
});

it('stops when it is told to', async () => {
  const { log, storage } = openLog();
  await append(log, 'some', 3_000);
  await setMetadata(log, 'some', '{"$maxCount":1}');
  const stop = new AbortController();
  const running = new Scavenge(storage, stop.signal).run();
  stop.abort();
  expect((await running).events).toBeLessThan(2_999);
  expect((await new Scavenge(storage).run()).streams).toBe(2);
  expect(numbersOf(storage, 'some')).toEqual([2_999]);
});

it('gives back room that what comes fills, and a copy without it', async () => {
  const { folder, log, storage } = openLog();
  const sizeOf = (place: string): number => statSync(join(place, logFile)).size;
  const write = async (): Promise<void> => {
    for (let n = 0; n < 40; n += 1) await append(log, `some-${n % 10}`, 100, 'x'.repeat(1_000));
  };
  for (let n = 0; n < 10; n += 1) await setMetadata(log, `some-${n}`, '{"$maxCount":1}');
  await write();
  const size = sizeOf(folder);
  for (let round = 0; round < 3; round += 1) {
    await new Scavenge(storage).run();
    await write();
  }
  expect(sizeOf(folder)).toBeLessThan(1.2 * size);

  await new Scavenge(storage).run();
  const copy = join(temporaryFolder(), 'copy');
  await storage.copyTo(copy);
  expect(sizeOf(copy)).toBeLessThan(size / 10);
  expect(openLog(copy).storage.pageOfAll(0, false)).toEqual(storage.pageOfAll(0, false));
  await expect(storage.copyTo(copy)).rejects.toThrow(`${copy} holds a log already: choose another folder.`);
});
