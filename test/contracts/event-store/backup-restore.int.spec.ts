import { hash, randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { diesAt, feedCommand, runCommand } from './command-line.js';
import { collect, connect, describeOurs, newEvent, newEvents } from './server-under-test.js';

async function serve(data: string) {
  const server = await startEventStoreServer({ data });
  const client = connect(server.url);
  onTestFinished(() => server.stop());
  onTestFinished(() => client.dispose());
  return { server, client };
}

/** A folder with a log that a server writes, and the names of a backup and of a folder to restore it to. */
async function place() {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  return { folder, data, file: join(folder, 'log.backup'), restored: join(folder, 'restored'), ...(await serve(data)) };
}

async function run(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runCommand(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function complaint(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr.trim();
}

const killed = { code: null, stdout: '' };

describeOurs('backup and restore', () => {
  it('a backup under load is a beginning of the log with all that was acknowledged, and is served as it was', async () => {
    const { data, file, restored, client } = await place();
    const acknowledged = new Set<string>();
    const load = new AbortController();
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let n = 0; !load.signal.aborted; n += 1) {
        const event = newEvent({ n }, 'tested', randomUUID());
        await client.appendToStream(`s-${writer}-${n % 9}`, event);
        acknowledged.add(event.id);
      }
    });
    await eventually(() => expect(acknowledged.size).toBeGreaterThan(200));
    const before = [...acknowledged];
    const backup = await run('backup', '--data', data, '--to', file);
    const atEnd = acknowledged.size;
    await eventually(() => expect(acknowledged.size).toBeGreaterThan(atEnd + 20));
    load.abort();
    await Promise.all(writers);

    const { data: _where, ...summary } = await run('restore', '--from', file, '--data', restored);
    expect(backup).toMatchObject({ ...summary, to: file, bytes: statSync(file).size });
    const copy = await serve(restored);
    const [original, copied] = [await collect(client.readAll()), await collect(copy.client.readAll())];
    expect(atEnd).toBeGreaterThan(before.length);
    expect(copied).toHaveLength(Number(backup['events']));
    expect(copied).toEqual(original.slice(0, copied.length));
    const ids = new Set(copied.map(({ event }) => event!.id));
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    // Streams and their numbers go on.
    const { streamId } = copied.at(-1)!.event!;
    const known = copied.filter(({ event }) => event!.streamId === streamId).length;
    expect(await copy.client.appendToStream(streamId, newEvents(1))).toMatchObject({
      nextExpectedRevision: BigInt(known),
    });
  });

  it('leaves no half backup behind under its name, and no half log in the folder', async () => {
    const { folder, data, file, restored, client } = await place();
    for (let n = 0; n < 4; n += 1) await client.appendToStream('s', newEvent({ pad: 'x'.repeat(1_000_000) }));
    expect(await feedCommand(['backup', '--data', data, '--to', file], '', diesAt('writeSync', 3))).toMatchObject(
      killed,
    );
    expect(readdirSync(folder).toSorted()).toEqual(['data', 'log.backup.part']);
    await run('backup', '--data', data, '--to', file);
    expect(readdirSync(folder).toSorted()).toEqual(['data', 'log.backup', 'log.backup.sha256']);

    const restore = ['restore', '--from', file, '--data', restored];
    expect(await feedCommand(restore, '', diesAt('renameSync', 1))).toMatchObject(killed);
    expect(readdirSync(restored)).toEqual(['.restoring']);
    await run(...restore);
    expect(readdirSync(restored)).toEqual(['data.mdb']);
    const copy = await serve(restored);
    expect(await collect(copy.client.readStream('s'))).toHaveLength(4);
  });

  it('copies an empty log, and a folder that no server holds', async () => {
    const { data, file, restored, server } = await place();
    await server.stop();
    expect(await run('backup', '--data', data, '--to', file)).toMatchObject({ events: 0, head: '-1' });
    expect(await run('restore', '--from', file, '--data', restored)).toEqual({ data: restored, events: 0, head: '-1' });
    const copy = await serve(restored);
    expect(await collect(copy.client.readAll())).toEqual([]);
  });

  it('refuses what it would write over', async () => {
    const { data, file, folder } = await place();
    await run('backup', '--data', data, '--to', file);
    expect(await complaint('backup', '--data', data, '--to', file)).toBe(`${file} exists: choose a new file.`);
    const notEmpty = `${data} is not empty: choose a new folder, or move aside what it holds.`;
    expect(await complaint('restore', '--from', file, '--data', data)).toBe(notEmpty);
    expect(await complaint('restore', '--from', file, '--data', file)).toMatch(`Cannot use ${file} as data folder: `);
    const nowhere = join(folder, 'nowhere', 'log');
    expect(await complaint('backup', '--data', data, '--to', nowhere)).toMatch(
      /^The backup can't be written: .*ENOENT/,
    );
  });

  it('refuses a folder without a log, and a backup that is damaged, incomplete or something else', async () => {
    const { folder, data, file, restored, client } = await place();
    await client.appendToStream('s', newEvents(3));
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect(await complaint('backup', '--data', empty, '--to', file)).toBe(`${empty} holds no log.`);
    expect(existsSync(`${file}.part`)).toBe(false);

    await run('backup', '--data', data, '--to', file);
    const restore = ['restore', '--from', file, '--data', restored];
    const changed = `${file} is not what the backup wrote, as ${file}.sha256 shows: take another copy of it.`;
    appendFileSync(file, 'x');
    expect(await complaint(...restore)).toBe(changed);
    truncateSync(file, 20);
    expect(await complaint(...restore)).toBe(changed);
    rmSync(`${file}.sha256`);
    const missing = 'is missing: a backup is two files, FILE and FILE.sha256.';
    expect(await complaint(...restore)).toBe(`${file}.sha256 ${missing}`);
    rmSync(file);
    expect(await complaint(...restore)).toBe(`${file} ${missing}`);
    expect(existsSync(restored)).toBe(false);

    writeFileSync(file, 'something else altogether');
    writeFileSync(`${file}.sha256`, hash('sha256', 'something else altogether'));
    expect(await complaint(...restore)).toBe(`${file} is no copy of a log: it begins differently.`);
    expect(readdirSync(restored)).toEqual([]);
  });

  it.each([['backup'], ['backup', '--data', '/tmp/x'], ['restore', '--from', '/tmp/x'], ['restore', '--bogus']])(
    'refuses %s %s %s with the usage',
    async (...args) => {
      const { code, stderr } = await runCommand(...args);
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`^Usage: keiyaku-eventstore ${args[0]} `, 'm'));
    },
  );
});
