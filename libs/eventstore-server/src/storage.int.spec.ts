import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { EventLog } from './event-log.js';
import { Storage } from './storage.js';

const nothing = Buffer.alloc(0);

function open(folder: string, durable: boolean): { storage: Storage; log: EventLog } {
  const storage = new Storage(folder, { durable });
  onTestFinished(() => storage.close());
  return { storage, log: new EventLog(storage) };
}

function append(log: EventLog, stream: string, count: number, bytes = 0) {
  const data = Buffer.alloc(bytes, 1);
  const events = Array.from({ length: count }, () => ({
    id: randomUUID(),
    type: 'happened',
    isJson: false,
    metadata: nothing,
    data,
  }));
  return log.append(stream, { kind: 'any' }, events);
}

const revisionsIn = (storage: Storage, from: number): number[] =>
  storage.pageOfAll(from, false).map(({ revision }) => revision);

it.each([{ durable: true }, { durable: false }])(
  'acknowledges nothing that LMDB has not taken, durable: $durable',
  async ({ durable }) => {
    const folder = temporaryFolder();
    const [one, other] = [open(folder, durable), open(folder, durable)];
    await append(one.log, 'some', 2);
    const behind = 'The log goes on behind 16 already: somebody else has written to it.';
    await expect(append(other.log, 'other', 1)).rejects.toThrow(behind);
    await expect(append(other.log, 'other', 3)).rejects.toThrow(behind);
    expect(other.storage.pageOfAll(0, false)).toEqual([]);
    expect(other.storage.pageOfStream('other', 0, false)).toEqual([]);
    expect(other.storage.lastRevision('other')).toBe(-1);
    await append(one.log, 'some', 1);
    expect(one.storage.pageOfAll(0, false).map(({ stream }) => stream)).toEqual(['some', 'some', 'some']);
  },
);

it('keeps 4 MiB in memory of what was written at once, and gives the rest all the same', async () => {
  const { storage, log } = open(temporaryFolder(), false);
  await Promise.all([append(log, 'a', 1), ...Array.from({ length: 9 }, () => append(log, 'a', 1, 1_000_000))]);
  const positions: number[] = [];
  for (let at: number | undefined = 0; at !== undefined;) {
    const [next] = storage.pageOfAll(at, false, 1);
    if (next !== undefined) positions.push(next.position);
    at = next && next.position + 1;
  }
  expect(positions).toHaveLength(10);
  // What is kept is the same object each time.
  const isKept = (position: number): boolean =>
    storage.pageOfAll(position, false, 1)[0] === storage.pageOfAll(position, false, 1)[0];
  expect(positions.map(isKept)).toEqual([...Array<boolean>(6).fill(false), ...Array<boolean>(4).fill(true)]);
});

it('has nothing at its end and behind it, and goes on with what comes', async () => {
  const { storage, log } = open(temporaryFolder(), true);
  expect(revisionsIn(storage, storage.end)).toEqual([]);
  await append(log, 'some', 3);
  const { end } = storage;
  expect(revisionsIn(storage, 0)).toEqual([0, 1, 2]);
  expect([revisionsIn(storage, end), revisionsIn(storage, end + 1)]).toEqual([[], []]);
  expect(revisionsIn(storage, storage.pageOfAll(0, false)[0]!.position + 1)).toEqual([1, 2]);
  await append(log, 'some', 2);
  expect(revisionsIn(storage, end)).toEqual([3, 4]);
  expect(revisionsIn(storage, end + 1)).toEqual([4]);
});
