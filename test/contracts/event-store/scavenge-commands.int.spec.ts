import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { expect, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { makeTestCertificate } from '#libs/testing/src/test-certificate.js';
import { diesAt, feedCommand, runCommand } from './command-line.js';
import { collect, connect, describeOurs, newEvents } from './server-under-test.js';

async function start(options: Parameters<typeof startEventStoreServer>[0]) {
  const server = await startEventStoreServer(options);
  onTestFinished(() => server.stop());
  return { server, client: connected(server.url) };
}

function connected(url: string): EventStoreDBClient {
  const client = connect(url);
  onTestFinished(() => client.dispose());
  return client;
}

/** Ten events, eight of which can no longer be read. */
async function fill(client: EventStoreDBClient): Promise<void> {
  await client.appendToStream('some', newEvents(10));
  await client.setStreamMetadata('some', { maxCount: 2 });
}

const numbersIn = async (client: EventStoreDBClient): Promise<number[]> =>
  (await collect(client.readStream('some'))).map(({ event }) => Number(event!.revision));

describeOurs('the command scavenge', () => {
  it('has a server that runs do it, and tells what came of it', async () => {
    const { server, client } = await start({});
    await fill(client);
    const { code, stdout, stderr } = await runCommand('scavenge', '--url', server.url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { spaceSaved, ...rest } = JSON.parse(stdout) as { spaceSaved: number };
    expect(rest).toEqual({ result: 'Success', eventsRemoved: 8 });
    expect(spaceSaved).toBeGreaterThan(8);
    expect(await numbersIn(client)).toEqual([8, 9]);
  });

  it('does it as a user of a secure node', async () => {
    const certificate = await makeTestCertificate();
    onTestFinished(() => certificate.remove());
    const { server } = await start({ certificate });
    const urlAs = (user: string): string => server.url.replace(/:\/\/([^@]*@)?/, `://${user}@`);
    await fill(connected(urlAs('admin:changeit')));
    const done = await runCommand('scavenge', '--url', urlAs('ops:changeit'));
    expect(JSON.parse(done.stdout)).toMatchObject({ result: 'Success', eventsRemoved: 8 });
    const refused = await runCommand('scavenge', '--url', urlAs('ops:wrong'));
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('The event store refuses the user');
    expect(refused.stderr).not.toContain('wrong');
  });

  it('does it in a folder that no server has open', async () => {
    const data = join(temporaryFolder(), 'data');
    const first = await start({ data });
    await fill(first.client);
    const busy = await runCommand('scavenge', '--data', data);
    expect(busy).toMatchObject({ code: 1, stdout: '' });
    expect(busy.stderr).toContain('in use by another server');
    await first.server.stop();
    const { code, stdout } = await runCommand('scavenge', '--data', data);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ result: 'Success', eventsRemoved: 8 });
    const second = await start({ data });
    expect(await numbersIn(second.client)).toEqual([8, 9]);
  });

  it.each([
    { args: [], complaint: 'Give either --url URL or --data DIR.' },
    { args: ['--url', 'esdb://127.0.0.1:1?tls=false', '--data', 'x'], complaint: 'Give either' },
    { args: ['--bogus'], complaint: 'bogus' },
    { args: ['--url', 'nowhere'], complaint: '--url is no connection string' },
  ])('refuses $args with its usage', async ({ args, complaint }) => {
    const { code, stdout, stderr } = await runCommand('scavenge', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(complaint);
    expect(stderr).toContain('Usage: keiyaku-eventstore scavenge');
  });

  it('makes no folder of a name that was mistyped', async () => {
    const data = join(temporaryFolder(), 'nothing');
    const { code, stderr } = await runCommand('scavenge', '--data', data);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `${data} holds no log.\n` });
  });
});

describeOurs('the command compact', () => {
  it('copies a log that a server has open, without the room that a scavenge has freed', async () => {
    const folder = temporaryFolder();
    const [data, to] = [join(folder, 'data'), join(folder, 'small')];
    const { client, server } = await start({ data });
    for (let n = 0; n < 20; n += 1) await client.appendToStream('some', newEvents(1_000));
    await client.setStreamMetadata('some', { maxCount: 2 });
    await runCommand('scavenge', '--url', server.url);
    const { code, stdout } = await runCommand('compact', '--data', data, '--to', to);
    expect(code).toBe(0);
    const bytes = statSync(join(to, 'data.mdb')).size;
    expect(JSON.parse(stdout)).toEqual({ to, bytes, bytesBefore: statSync(join(data, 'data.mdb')).size });
    expect(bytes).toBeLessThan(statSync(join(data, 'data.mdb')).size / 10);
    const copy = await start({ data: to });
    expect(await collect(copy.client.readAll())).toEqual(await collect(client.readAll()));
    expect((await copy.client.appendToStream('some', newEvents(1))).nextExpectedRevision).toBe(20_000n);

    const again = await runCommand('compact', '--data', data, '--to', to);
    expect(again).toMatchObject({ code: 1, stderr: `${to} holds a log already: choose another folder.\n` });
    const empty = await runCommand('compact', '--data', folder, '--to', join(folder, 'other'));
    expect(empty).toMatchObject({ code: 1, stderr: `${folder} holds no log.\n` });
    const wrong = await runCommand('compact', '--data', data);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('Give --data DIR and --to DIR.');
  });

  it('leaves no half log behind where it is killed, and can be run again', async () => {
    const folder = temporaryFolder();
    const [data, to] = [join(folder, 'data'), join(folder, 'small')];
    const { client } = await start({ data });
    await fill(client);
    const compact = ['compact', '--data', data, '--to', to];
    expect(await feedCommand(compact, '', diesAt('renameSync', 1))).toMatchObject({ code: null, stdout: '' });
    expect(readdirSync(to)).toEqual(['.restoring']);
    expect(await runCommand(...compact)).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(to)).toEqual(['data.mdb']);
    expect(await numbersIn((await start({ data: to })).client)).toEqual([8, 9]);
  });
});
