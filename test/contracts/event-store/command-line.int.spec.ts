import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { eventStoreServerMain, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { runCommand } from './command-line.js';
import { describeOurs, errorOf, newEvents } from './server-under-test.js';

describeOurs('the command line', () => {
  it.each([
    { args: ['--in-memory', '--port', '0', '--bogus'], complaint: /bogus/ },
    { args: ['--port', '0'], complaint: /--data DIR or --in-memory/ },
    { args: ['--data', '/tmp/x', '--in-memory', '--port', '0'], complaint: /--data DIR or --in-memory/ },
    { args: ['serve', '--in-memory', '--port'], complaint: /--port/ },
    { args: ['--in-memory', '--port', '70000'], complaint: /65535/ },
    { args: ['--in-memory', '--port', 'http'], complaint: /65535/ },
    { args: ['--in-memory', '--tls-cert', 'x.pem'], complaint: /--tls-cert and --tls-key together/ },
    { args: ['--in-memory', '--tls-key', 'x.key'], complaint: /--tls-cert and --tls-key together/ },
  ])('refuses $args with its usage', async ({ args, complaint }) => {
    const { code, stdout, stderr } = await runCommand(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(complaint);
    expect(stderr).toMatch(/^Usage: /m);
  });

  it('tells with --help what it can do, and of each command how', async () => {
    const { code, stdout } = await runCommand('--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: keiyaku-eventstore \[COMMAND\]/m);
    const commands = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name!);
    expect(commands).toContain('serve');
    for (const command of commands) {
      const help = await runCommand(command, '--help');
      expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' });
      expect(help.stdout).toMatch(/^Usage: keiyaku-eventstore /);
      expect(help.stdout).toContain(command);
    }
  });

  it('names a command that it does not know, and those that it does', async () => {
    const { code, stdout, stderr } = await runCommand('sreve', '--in-memory');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^There is no command sreve\.$/m);
    expect(stderr).toMatch(/^ {2}serve /m);
  });

  it('says in one line that the port is taken', async () => {
    const server = await startEventStoreServer();
    const { code, stderr } = await runCommand('--in-memory', '--port', String(server.port));
    await server.stop();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      `Port ${server.port} on 127.0.0.1 is in use: stop what listens there or choose another --port.`,
    ]);
  });

  it('takes the port of EventStoreDB when it is told none', async () => {
    const taker = createServer();
    // Whoever has it already takes it just as well.
    await new Promise((resolve) => taker.once('listening', resolve).once('error', resolve).listen(2113, '127.0.0.1'));
    const { code, stderr } = await runCommand('--in-memory');
    taker.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Port 2113 on 127\.0\.0\.1 is in use: /);
  });

  it('says in one line that the data folder is in use, and takes it once the other is killed', async () => {
    const data = await mkdtemp(join(tmpdir(), 'eventstore-test-'));
    const server = await startEventStoreServer({ data });
    const { code, stderr } = await runCommand('--data', data, '--port', '0');
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      `The data folder ${data} is in use by another server: stop that one or choose another --data.`,
    ]);
    await server.kill('SIGKILL');
    const next = await startEventStoreServer({ data });
    await next.stop();
    await rm(data, { recursive: true });
  });

  it('says in one line that the data folder cannot be one', async () => {
    const { code, stderr } = await runCommand('--data', eventStoreServerMain, '--port', '0');
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('Cannot use');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends open calls and the process, with 0', async (signal) => {
    const child = spawn(process.execPath, [eventStoreServerMain, '--in-memory', '--port', '0']);
    const [ready] = (await once(child.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(ready.toString()) as { port: number };
    const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
    await client.appendToStream('some', newEvents(1));
    const subscription = client.subscribeToAll();
    const ended = once(subscription, 'error');
    await once(subscription, 'data');
    const exited = once(child, 'exit');
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    await ended;
    expect(await errorOf(client.appendToStream('some', newEvents(1)))).toMatchObject({ code: status.UNAVAILABLE });
    await client.dispose();
  });

  it('ends with its parent when it is told to', async () => {
    const server = spawn(process.execPath, [eventStoreServerMain, '--in-memory', '--port', '0', '--exit-with-parent']);
    await once(server.stdout, 'data');
    const exited = once(server, 'exit');
    server.stdin.end();
    expect(await exited).toEqual([0, null]);
  });

  it('leaves no file behind in memory mode', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'eventstore-test-'));
    const child = spawn(process.execPath, [eventStoreServerMain, '--in-memory', '--port', '0'], {
      env: { ...process.env, TMPDIR: folder },
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
