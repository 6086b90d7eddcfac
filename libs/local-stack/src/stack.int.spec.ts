import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { compiled, readJson, writeJson } from './files.js';
import { identify, isAlive } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { CONTEXTS } from './stack-plan.js';
import { startStack } from './stack.js';
import type { Stack, StackOptions } from './stack.js';

/** The stores without the two that have suites of their own: their URLs are given, so the stack leaves them alone. */
const environment = { KUBECONFIG: '/nowhere/kubeconfig', EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false' };

/** Without Postgres too, whose data folder takes a second to make. */
const withoutPostgres = {
  ...environment,
  ...Object.fromEntries(
    [...CONTEXTS, 'personal-keys'].map((name) => {
      const database = name.replaceAll('-', '_');
      return [`${database.toUpperCase()}_DATABASE_URL`, `postgresql://127.0.0.1/${database}`];
    }),
  ),
};

async function start(dataDir: string, options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({ dataDir, suite: false, environment, ...options });
  onTestFinished(() => stack.stop());
  return stack;
}

function processesOf(stack: Stack): ProcessIdentity[] {
  return Object.values(stack.parts).map(({ pid }) => identify(pid)!);
}

it('brings the stores up, says where they are, and takes them down again', async () => {
  const reported: string[] = [];
  const stack = await start(temporaryFolder(), { onPart: ({ title }) => reported.push(title) });
  const processes = processesOf(stack);
  expect(reported.toSorted()).toEqual(['Postgres', 'Redis', 'The mail catcher']);
  expect(Object.keys(stack.parts).toSorted()).toEqual(['postgres', 'redis', 'smtp']);
  expect(stack.env).toMatchObject(environment);
  const client = new Client(stack.env['NOTIFICATION_DATABASE_URL']);
  await client.connect();
  await client.end();

  await stack.stop();
  expect(processes.map(isAlive)).toEqual([false, false, false]);
});

it('carries on with the same secrets and ports', async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  await first.stop();
  const second = await start(dataDir);
  expect(second.env).toEqual(first.env);
  for (const file of ['secrets.json', 'service-clients.json']) {
    expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
  }
});

it('refuses a second start on the same data', async () => {
  const dataDir = temporaryFolder();
  await start(dataDir, { environment: withoutPostgres });
  await expect(start(dataDir, { environment: withoutPostgres })).rejects.toThrow(
    `Keiyaku already runs on ${dataDir} (process ${process.pid}): stop that one with Ctrl-C, or choose`,
  );
});

it('refuses data whose secrets are gone', async () => {
  const dataDir = temporaryFolder();
  await (await start(dataDir)).stop();
  rmSync(join(dataDir, 'secrets.json'));
  await expect(start(dataDir)).rejects.toThrow(/secrets\.json is gone .* put it back, or choose an empty folder/);
});

it('names the port that is taken and starts nothing', async () => {
  const dataDir = temporaryFolder();
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const reported: string[] = [];
  const refused = start(dataDir, { suite: true, ports: { suite: port }, onPart: ({ title }) => reported.push(title) });
  await expect(refused).rejects.toThrow(
    `Port ${port} is taken by another program: end it, or choose another port (PORT=${port + 1} npm start).`,
  );
  expect(reported).toEqual([]);
});

it.each(['http', '0', '70000', '3000.5'])('refuses PORT=%s', async (PORT) => {
  await expect(start(temporaryFolder(), { environment: { ...environment, PORT } })).rejects.toThrow(
    `PORT is "${PORT}" and must be a number from 1 to 65535: for example PORT=3001 npm start.`,
  );
});

it('moves a store to another port when its own was taken meanwhile', async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir, { environment: withoutPostgres });
  await first.stop();
  const port = Number(new URL(first.env['SMTP_URL']!).port);
  const other = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const file = join(dataDir, 'ports.json');
  const ports = readJson<{ redis: number; suite2: number }>(file)!;
  writeJson(file, { ...ports, suite2: ports.redis });
  const second = await start(dataDir, { environment: withoutPostgres });
  expect(new URL(second.env['SMTP_URL']!).port).not.toBe(String(port));
  expect(readJson<typeof ports>(file)!.suite2).not.toBe(ports.redis);
  expect(second.env['REDIS_URL']).toBe(first.env['REDIS_URL']);
  expect(Object.keys(second.parts).toSorted()).toEqual(['redis', 'smtp']);
});

it('starts a part anew after a kill, and says when one dies that nobody has ended', async () => {
  const deaths: string[] = [];
  const onDeath = (line: string): void => void deaths.push(line);
  const { parts, dataDir } = await start(temporaryFolder(), { environment: withoutPostgres, onDeath });
  await parts.redis!.kill('SIGKILL');
  await parts.redis!.restart();
  expect(deaths).toEqual([]);
  process.kill(parts.redis!.pid, 'SIGKILL');
  await eventually(() =>
    expect(deaths).toEqual([`Redis was ended by SIGKILL, so everything stops. Its log: ${dataDir}/logs/redis.log`]),
  );
});

it('ends what it has started when the start is given up', async () => {
  const dataDir = temporaryFolder();
  const giveUp = new AbortController();
  const reported: ProcessIdentity[] = [];
  const start = startStack({
    dataDir,
    suite: false,
    environment,
    signal: giveUp.signal,
    onPart: ({ pid }) => {
      reported.push(identify(pid)!);
      giveUp.abort();
    },
  });
  await expect(start).rejects.toThrow('The stack is stopping');
  expect(reported.length).toBeGreaterThan(0);
  expect(reported.some(isAlive)).toBe(false);
});

/** A process of its own that runs a stack, so that it can be killed. */
async function startInOwnProcess(dataDir: string): Promise<{ parent: ChildProcess; children: ProcessIdentity[] }> {
  const script = `
    const { startStack } = await import(${JSON.stringify(compiled('libs/local-stack/src/stack.js'))});
    await startStack({ dataDir: ${JSON.stringify(dataDir)}, suite: false, environment: ${JSON.stringify(environment)} });
    console.log('up');
    setInterval(() => undefined, 60_000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const complaint = text(parent.stderr);
  const up = await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')]);
  if (parent.exitCode !== null) throw new Error(`The stack ended (${String(up)}): ${await complaint}`);
  const records = readJson<{ process: ProcessIdentity }[]>(join(dataDir, 'parts.json')) ?? [];
  return { parent, children: records.map((record) => record.process) };
}

it('leaves no part behind when the process that started them is killed, and carries on after it', async () => {
  const dataDir = temporaryFolder();
  const { parent, children } = await startInOwnProcess(dataDir);
  expect(children.map(isAlive)).toEqual([true, true, true]);
  parent.kill('SIGKILL');
  await eventually(() => expect(children.map(isAlive)).toEqual([false, false, false]));
  const again = await start(dataDir);
  expect(processesOf(again).map(isAlive)).toEqual([true, true, true]);
});

it('ends parts that outlived the process that started them', async () => {
  const dataDir = temporaryFolder();
  const { parent, children } = await startInOwnProcess(dataDir);
  // A stopped process does not act on the kernel's SIGTERM or SIGINT, so it is still there when the next start comes.
  const survivors = children.filter(({ pid }) =>
    /redis-server|postgres/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
  );
  for (const { pid } of survivors) process.kill(pid, 'SIGSTOP');
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(survivors.map(isAlive)).toEqual([true, true]);

  const reported: string[] = [];
  const again = await start(dataDir, { report: (line) => reported.push(line) });
  expect(reported).toEqual([expect.stringMatching(/^Ended what an earlier start left running: .*Postgres/)]);
  expect(survivors.map(isAlive)).toEqual([false, false]);
  expect(processesOf(again).map(isAlive)).toEqual([true, true, true]);
});
