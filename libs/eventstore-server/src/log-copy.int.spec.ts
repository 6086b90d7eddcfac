import { EventStoreDBClient, START, jsonEvent } from '@eventstore/db-client';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  type EventStoreServer,
  eventStoreServerMain,
  startEventStoreServer,
} from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { type LogSummary, exportLog, importLog } from './log-copy.js';
import { Scavenge } from './scavenge.js';
import { Storage } from './storage.js';
import { encodeEvent } from './stored-event.js';

const copier = new URL('../../../dist/libs/eventstore-server/src/log-copy.js', import.meta.url).href;

async function place() {
  const folder = temporaryFolder();
  const data = join(folder, 'log');
  const server = await startEventStoreServer({ data });
  const client = connect(server);
  onTestFinished(() => server.stop());
  return { folder, data, server, client, file: join(folder, 'log.copy') };
}

function connect({ url }: EventStoreServer): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url);
  onTestFinished(() => client.dispose());
  return client;
}

async function append(client: EventStoreDBClient, stream: string, text = 'x'): Promise<string> {
  const event = jsonEvent({ id: randomUUID(), type: 'spec.happened', data: { text }, metadata: { by: 'spec' } });
  await client.appendToStream(stream, [event]);
  return event.id;
}

/** Everything that a reader can see of the log, but for system events. */
async function readAll(client: EventStoreDBClient) {
  const events = [];
  for await (const { event } of client.readAll({ fromPosition: START })) {
    if (event) events.push({ ...event, position: event.position.commit });
  }
  return events;
}

/** In a process of its own, as the backup command does it. */
function startExport(data: string, file: string) {
  const script = `
    const [{ exportLog }, fs] = await Promise.all([import(${JSON.stringify(copier)}), import('node:fs')]);
    const to = fs.openSync(${JSON.stringify(file)}, 'w');
    console.log(JSON.stringify(await exportLog(${JSON.stringify(data)}, (chunk) => void fs.writeSync(to, chunk))));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, done: once(child, 'close').then(() => JSON.parse(said) as LogSummary) };
}

it('is a whole beginning of the log, with all that was acknowledged, while others append as fast as they can', async () => {
  const { folder, data, client, file } = await place();
  const acknowledged: string[] = [];
  const stop = new AbortController();
  const writers = Array.from({ length: 16 }, async (_, writer) => {
    for (let n = 0; !stop.signal.aborted; n++)
      acknowledged.push(await append(client, `spec-${writer}-${n % 50}`, 'y'.repeat(n % 700)));
  });
  await eventually(() => expect(acknowledged.length).toBeGreaterThan(300));
  const before = acknowledged.slice();
  const summary = await startExport(data, file).done;
  const during = acknowledged.length - before.length;
  await eventually(() => expect(acknowledged.length).toBeGreaterThan(before.length + during + 100));
  stop.abort();
  await Promise.all(writers);

  expect(await importLog(file, join(folder, 'restored'))).toEqual(summary);
  const restored = await startEventStoreServer({ data: join(folder, 'restored') });
  onTestFinished(() => restored.stop());
  const [original, copied] = [await readAll(client), await readAll(connect(restored))];
  expect(during).toBeGreaterThan(0);
  expect(copied).toHaveLength(summary.events);
  expect(copied).toEqual(original.slice(0, copied.length));
  expect(new Set(copied.map(({ id }) => id))).toEqual(new Set([...before, ...copied.map(({ id }) => id)]));
  expect(original).toHaveLength(acknowledged.length);
  // The copy goes on as a log of its own: its index of streams is whole.
  const stream = copied.at(-1)!.streamId;
  const known = copied.filter(({ streamId }) => streamId === stream).length;
  const { nextExpectedRevision } = await connect(restored).appendToStream(stream, [
    jsonEvent({ type: 'spec.happened', data: {} }),
  ]);
  expect(nextExpectedRevision).toBe(BigInt(known));
});

it('does not disturb the server when it is killed in the middle', async () => {
  const { data, client, file } = await place();
  for (let n = 0; n < 40; n++) await append(client, `spec-${n}`, 'z'.repeat(50_000));
  for (let round = 0; round < 5; round++) {
    const { child, done } = startExport(data, file);
    done.catch(() => undefined);
    await eventually(() => expect(readFileSync(file).length).toBeGreaterThan(0));
    child.kill('SIGKILL');
    await once(child, 'close');
    writeFileSync(file, '');
    await append(client, 'spec-after');
  }
  expect(await readAll(client)).toHaveLength(45);
});

it('copies an empty log and one that no server holds', async () => {
  const { folder, data, server, file } = await place();
  const copy = (): Promise<LogSummary> => {
    const to = openSync(file, 'w');
    return exportLog(data, (chunk) => void writeSync(to, chunk)).finally(() => closeSync(to));
  };
  expect(await copy()).toEqual({ events: 0, head: '-1' });
  const id = await append(connect(server), 'spec-1');
  await server.stop();
  const summary = await copy();
  expect(summary).toMatchObject({ events: 1, firstEventId: id, lastEventId: id });
  expect(await importLog(file, join(folder, 'restored'))).toEqual(summary);
});

it('tells as the first event the one that consumers know their log by', async () => {
  const { folder, data, client, file } = await place();
  await client.setStreamMetadata('spec-1', { owner: 'spec' });
  await startExport(data, file).done.then((summary) => expect(summary).not.toHaveProperty('firstEventId'));
  const ids = [await append(client, 'spec-1'), await append(client, 'spec-2')];
  await client.setStreamMetadata('spec-2', { owner: 'spec' });
  const summary = await startExport(data, file).done;
  expect(summary).toMatchObject({ events: 4, firstEventId: ids[0] });
  expect(ids).not.toContain(summary.lastEventId);
  expect(await importLog(file, join(folder, 'restored'))).toEqual(summary);
});

it('holds everything of the moment at which it began, also what is scavenged meanwhile', async () => {
  const { data, server, client } = await place();
  for (let n = 0; n < 2; n++) {
    const events = Array.from({ length: 600 }, () => jsonEvent({ type: 'spec.happened', data: {} }));
    await client.appendToStream(`spec-${n}`, events);
  }
  for (let n = 0; n < 2; n++) await client.setStreamMetadata(`spec-${n}`, { maxCount: 1 });
  await server.stop();
  let chunks = 0;
  const { events } = await exportLog(data, () => {
    if (++chunks === 2) execFileSync(process.execPath, [eventStoreServerMain, 'scavenge', '--data', data]);
  });
  expect(chunks).toBeGreaterThan(3);
  expect(events).toBe(1_202);
  expect(await exportLog(data, () => undefined)).toMatchObject({ events: 4 });
});

it('keeps every position, also where a scavenge has removed what was between', async () => {
  const { folder, data, server, client, file } = await place();
  for (let n = 0; n < 6; n++) await append(client, `spec-${n % 2}`);
  await client.setStreamMetadata('spec-1', { truncateBefore: 2 });
  await server.stop();
  const scavenged = new Storage(data, { durable: true });
  expect(await new Scavenge(scavenged).run()).toMatchObject({ events: 2 });
  const original = scavenged.pageOfAll(0, false);
  await scavenged.close();

  await startExport(data, file).done;
  const restored = join(folder, 'restored');
  expect(await importLog(file, restored)).toMatchObject({ events: 5, head: String(original.at(-1)!.position) });
  const copied = new Storage(restored, { durable: true });
  onTestFinished(() => copied.close());
  expect(copied.pageOfAll(0, false)).toEqual(original);
  expect(copied.pageOfStream('spec-1', 0, false).map(({ revision }) => revision)).toEqual([2]);
  expect(copied.end).toBe(original.at(-1)!.position + encodeEvent(original.at(-1)!).length);
});

it('takes copies of the first format, which have no positions', async () => {
  const { folder, data, server, client, file } = await place();
  for (let n = 0; n < 3; n++) await append(client, `spec-${n}`);
  await server.stop();
  const storage = new Storage(data, { durable: true });
  const events = storage.pageOfAll(0, false);
  await storage.close();
  const records = events.map(encodeEvent).flatMap((record) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(record.length);
    return [length, record];
  });
  writeFileSync(file, Buffer.concat([Buffer.from('keiyaku log 1\n'), ...records]));
  const restored = join(folder, 'restored');
  expect(await importLog(file, restored)).toMatchObject({ events: 3 });
  const copied = new Storage(restored, { durable: true });
  onTestFinished(() => copied.close());
  expect(copied.pageOfAll(0, false)).toEqual(events);
});

it('refuses what is no copy, and a folder without a log', async () => {
  const { folder, data, client, file } = await place();
  await append(client, 'spec-1');
  await startExport(data, file).done;
  const length = readFileSync(file).length;
  truncateSync(file, length - 3);
  await expect(importLog(file, join(folder, 'a'))).rejects.toThrow(`${file} is no copy of a log: it ends too early.`);
  writeFileSync(file, 'something else altogether');
  await expect(importLog(file, join(folder, 'b'))).rejects.toThrow('it begins differently');
  await expect(exportLog(folder, () => undefined)).rejects.toThrow(`${folder} holds no log.`);
});
