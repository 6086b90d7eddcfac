import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { feedCommand, runCommand } from './command-line.js';
import { eventsIn, exported, fileOf, imported, numbered } from './portable-events.js';
import { UsersClient, describeSecure, useSecureServer } from './secure-server.js';
import { newStream } from './server-under-test.js';

describeSecure('export and import on a server that asks who calls', () => {
  const server = useSecureServer();
  const asUser = async (groups: string[] = []): Promise<string> => {
    const login = `user-${randomUUID()}`;
    const users = new UsersClient(server);
    await users.create('admin:changeit', login, 'secret-word', groups);
    users.close();
    return server.urlAs(`${login}:secret-word`);
  };

  it('move events as the user of the URL, over TLS', async () => {
    const events = numbered(newStream(), 3);
    const admin = { url: server.urlAs('admin:changeit') };
    const all = { lines: 3, imported: 3, leftOut: 0, filled: 0 };
    expect(await imported(admin, fileOf(events))).toEqual({ ...all, written: 3 });
    const found = eventsIn(await exported(admin, '--all'));
    expect(found.filter(({ stream }) => stream === events[0]!.stream)).toEqual(events);
    // Who may not read $all can't tell what was there before.
    expect(await imported({ url: await asUser() }, fileOf(events))).toEqual({ ...all, written: null });
  });

  it.each([['export', '--all'], ['import']])(
    '%s %s refuses a wrong password, and does not show it',
    async (...args) => {
      const { code, stdout, stderr } = await runCommand(...args, '--url', server.urlAs('admin:wrong-word'));
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^The event store refuses the user \(.*\): give one that may do this, esdb:/m);
      expect(stderr).not.toContain('wrong-word');
    },
  );

  it('say what the user may not', async () => {
    const url = await asUser();
    const reading = await runCommand('export', '--all', '--url', url);
    expect(reading).toMatchObject({ code: 1, stdout: '' });
    expect(reading.stderr).toMatch(/^The event store refuses the user \(Access Denied\)/m);
    const settings = fileOf(numbered('$own', 1));
    const writing = await feedCommand(['import', '--system', '--url', url], settings);
    expect(writing).toMatchObject({ code: 1, stdout: '' });
    expect(writing.stderr).toMatch(/^Line 1: The user may not write to this stream: give one that may in the URL/m);
    expect(reading.stderr + writing.stderr).not.toContain('secret-word');
  });
});
