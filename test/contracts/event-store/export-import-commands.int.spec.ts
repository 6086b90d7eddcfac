import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { jsonEvent } from '@eventstore/db-client';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { runCommand, startCommand } from './command-line.js';
import { fileOf, freshServer, numbered } from './portable-events.js';
import { collect, connect, describeOurs } from './server-under-test.js';

describeOurs('the commands', () => {
  it.each([
    { args: ['export', '--all'], complaint: /^Give --url: / },
    { args: ['export', '--url', 'esdb://h:1?tls=false'], complaint: /^Give either --all or --stream NAME\.$/m },
    {
      args: ['export', '--url', 'esdb://h:1?tls=false', '--all', '--stream', 'x'],
      complaint: /^Give either --all or --stream NAME\.$/m,
    },
    { args: ['export', '--url', 'esdb://h:1?tls=false', '--stream', ''], complaint: /^Give --stream the name/ },
    { args: ['export', '--url', 'esdb://h:1?tls=false', '--all', '--from', 'x'], complaint: /^Give --from a number/ },
    { args: ['import'], complaint: /^Give --url: / },
    { args: ['import', '--url', 'esdb://user:secret@h:x:y'], complaint: /^--url is no connection string: / },
    {
      args: ['import', '--url', 'esdb://user:secret@h?tls=false&bogus=1'],
      complaint: /^--url has an option that the client does not know\. /,
    },
    { args: ['import', '--url', 'esdb://h:1', '--bogus'], complaint: /bogus/ },
  ])('refuse $args with the usage', async ({ args, complaint }) => {
    const { code, stdout, stderr } = await runCommand(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(complaint);
    expect(stderr).toMatch(new RegExp(`^Usage: keiyaku-eventstore ${args[0]} `, 'm'));
    expect(stderr).not.toContain('secret');
  });

  it.each([['export', '--all'], ['import']])('%s says in one line that nobody answers', async (...args) => {
    const { code, stdout, stderr } = await runCommand(...args, '--url', 'esdb://127.0.0.1:1?tls=false');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^The event store can't be reached: .*127\.0\.0\.1:1.*\n$/);
  });

  it.each([['export', '--all'], ['import']])('%s takes EVENTSTORE_URL where there is no --url', async (...args) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('EVENTSTORE_URL', 'esdb://127.0.0.1:1?tls=false');
    expect((await runCommand(...args)).stderr).toMatch(/^The event store can't be reached: .*127\.0\.0\.1:1.*\n$/);
    vi.stubEnv('EVENTSTORE_URL', 'esdb://user:secret@h?bogus=1');
    const { code, stderr } = await runCommand(...args);
    expect({ code, complaint: stderr.split('. ')[0] }).toEqual({
      code: 2,
      complaint: 'EVENTSTORE_URL has an option that the client does not know',
    });
    expect(stderr).not.toContain('secret');
  });

  it('export says when nobody takes its output', async () => {
    const server = await freshServer();
    const pad = 'x'.repeat(1_000);
    await server.client.appendToStream(
      'a',
      Array.from({ length: 900 }, () => jsonEvent({ type: 'tested', data: { pad } })),
    );
    const child = startCommand(['export', '--url', server.url, '--all']);
    child.stdout.destroy();
    const said = once(child.stderr, 'data') as Promise<[Buffer]>;
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect((await said).toString()).toBe('Nobody takes the output any more: the export has ended early.\n');
  });

  it('export says how far it came when the server went away', async () => {
    const server = await startEventStoreServer();
    const client = connect(server.url);
    onTestFinished(() => client.dispose());
    const pad = 'x'.repeat(100_000);
    for (let n = 0; n < 60; n += 1) await client.appendToStream('a', jsonEvent({ type: 'tested', data: { pad } }));
    const child = startCommand(['export', '--url', server.url, '--all']);
    // It waits for a reader once the pipe is full.
    await once(child.stdout, 'readable');
    await server.kill('SIGKILL');
    const [file, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    const lines = file.split('\n').filter((line) => line !== '');
    const { position } = JSON.parse(lines.at(-1)!) as { position: string };
    expect(code).toBe(1);
    expect(lines.length).toBeLessThan(60);
    expect(said).toMatch(/^The event store can't be reached: /m);
    expect(said).toContain(
      `The output is incomplete: it has ${lines.length} events, the last one at position ${position}.`,
    );
  });

  it('import says where it was when the server went away', async () => {
    const server = await startEventStoreServer();
    const client = connect(server.url);
    onTestFinished(() => client.dispose());
    const child = startCommand(['import', '--url', server.url]);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdin.write(fileOf(numbered('a', 3)));
    await eventually(async () => expect(await collect(client.readStream('a'))).toHaveLength(3));
    await server.kill('SIGKILL');
    child.stdin.write(fileOf(numbered('b', 3)));
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(said).toMatch(/^Line 4: The event store can't be reached: /m);
  });
});
