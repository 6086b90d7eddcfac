import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase } from '#libs/testing/src/database.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { startTokenIssuer } from '#libs/testing/src/token-issuer.js';

const main = fileURLToPath(new URL('../../../dist/apps/contract/src/main.js', import.meta.url));

/** Starts the compiled process with these variables and nothing else. */
function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  return { child, exited, complaints: () => complaints };
}

async function settings() {
  const [database, keys, eventStore, issuer] = await Promise.all([
    createTestDatabase('contract'),
    createTestDatabase('personal_keys'),
    startEventStoreServer(),
    startTokenIssuer(),
  ]);
  onTestFinished(async () => {
    await Promise.all([database.drop(), keys.drop(), eventStore.stop(), issuer.stop()]);
  });
  return {
    PORT: '0',
    EVENTSTORE_URL: eventStore.url,
    REDIS_URL: await testRedisUrl(),
    CONTRACT_DATABASE_URL: database.url,
    PERSONAL_KEYS_DATABASE_URL: keys.url,
    JWKS_URL: issuer.jwksUrl,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
}

async function readyPort({ child, exited, complaints }: ReturnType<typeof start>): Promise<number> {
  const lines = createInterface({ input: child.stdout });
  const ready = (async () => {
    for await (const line of lines) {
      if (line.startsWith('{"ready":true')) return (JSON.parse(line) as { port: number }).port;
    }
    return undefined;
  })();
  const port = await Promise.race([ready, exited.then(() => undefined)]);
  if (port === undefined) throw new Error(`The process ended before it was ready: ${complaints()}`);
  return port;
}

it('runs alone, also two at once on one empty database, and stops on SIGTERM', async () => {
  const env = await settings();
  const processes = [start(env), start(env)];
  for (const port of await Promise.all(processes.map(readyPort))) {
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/ready`);
      expect(await response.json()).toMatchObject({ status: 'ready', checks: { 'contract.database': { ok: true } } });
    });
  }
  for (const { child } of processes) child.kill('SIGTERM');
  for (const { exited } of processes) await exited;
}, 60_000);

it('says in one line each what is not set', async () => {
  const nothing = start({});
  const [code] = await nothing.exited;
  expect(code).toBe(1);
  expect(nothing.complaints().trim().split('\n')).toEqual([
    'EVENTSTORE_URL is not set. Set it to a URL like esdb://127.0.0.1:2113?tls=false.',
    'REDIS_URL is not set. Set it to a URL like redis://127.0.0.1:6379.',
  ]);
  const { CONTRACT_DATABASE_URL: _url, ...rest } = await settings();
  const homeless = start(rest);
  expect((await homeless.exited)[0]).toBe(1);
  expect(homeless.complaints()).toBe(
    'CONTRACT_DATABASE_URL is not set. Set it to a URL like postgres://keiyaku@127.0.0.1:5432/contract.\n',
  );
}, 60_000);

it('says in one line what is wrong with a catalogue', async () => {
  const lost = start({ ...(await settings()), CATALOGUE_FILE: '/nowhere/plans.json' });
  expect((await lost.exited)[0]).toBe(1);
  expect(lost.complaints()).toBe(
    "CATALOGUE_FILE: /nowhere/plans.json can't be read (ENOENT). Name a JSON file that can.\n",
  );
}, 60_000);

it.each([
  ['CONTRACT_DATABASE_URL', 'database of contract'],
  ['PERSONAL_KEYS_DATABASE_URL', 'key database'],
])(
  'says in one line that the database of %s is not there',
  async (variable, title) => {
    const lost = start({
      ...(await settings()),
      [variable]: 'postgres://keiyaku:hidden@127.0.0.1:1/contract',
    });
    expect((await lost.exited)[0]).toBe(1);
    expect(lost.complaints()).toBe(
      `The ${title} can't be used: connect ECONNREFUSED 127.0.0.1:1. Check ${variable}.\n`,
    );
  },
  60_000,
);
