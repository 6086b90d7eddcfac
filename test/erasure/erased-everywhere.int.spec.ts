import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suiteContexts } from '#apps/suite/src/suite.js';
import { ContextRuntime } from '#libs/event-sourcing/src/context-runtime.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { verify } from '#libs/event-sourcing/src/verify.js';
import { clearingContexts } from '#libs/events/src/erasure.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { createService } from '#libs/service/src/service.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { searchFiles } from './search.js';
import { type Customer, StackWithCustomers } from './stack-with-customers.js';

/** Everything is real: an environment is set up, and an erasure waits until no process can remember the key. */
const timeout = 300_000;
const zuiho: Customer = {
  externalId: 'ERASE-001',
  name: 'Zuiho Kirikabu 瑞穂切株',
  email: 'kirikabu.zuiho@erased-person.example',
};
/** A newer mail of theirs, which the contract puts on record. */
const movedTo = 'zuiho.nagisa@erased-person.example';
/** The sign-in name that the environment was given: the name's ASCII letters. */
const administrator = 'admin@zuiho-kirikabu.com';
/** Erased while their environment is set up. */
const early: Customer = { externalId: 'ERASE-002', name: 'Hayase 早瀬', email: 'hayase@erased-early.example' };
const erasedValues = [zuiho.name, zuiho.email, movedTo, administrator];
const stays: Customer = { externalId: 'STAYS-001', name: 'Ukigumo Asahi 浮雲朝日', email: 'asahi@staying.example' };

let folder: string;
let place: StackWithCustomers;
let contractId: string;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  place = await StackWithCustomers.start(folder);
  contractId = await customersServed();
}, timeout);

afterAll(async () => {
  await place.stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Both are served, and one contract was amended since. Answers that contract's id. */
async function customersServed(): Promise<string> {
  for (const customer of [zuiho, stays]) expect((await place.webhook(customer)).status).toBe(202);
  await place.served(stays, timeout);
  const id = await place.served(zuiho, timeout);
  expect((await place.webhook({ ...zuiho, email: movedTo })).status).toBe(202);
  await eventually(async () => {
    const { body } = await place.get<{ amendedAt: string | null }>(`/contracts/${id}`);
    expect(body.amendedAt).not.toBeNull();
  });
  return id;
}

/** Erases one customer who was served and one whose environment is just being set up. Answers the first erasure's id. */
async function customersErased(): Promise<string> {
  const webhook = place.webhook(early);
  const ids = [await erase(contractId)];
  expect((await webhook).status).toBe(202);
  const earlyContract = await eventually(async () => {
    const { items } = (await place.get<Page>(`/contracts?externalId=${early.externalId}`)).body;
    expect(items).toHaveLength(1);
    return items[0]!.id;
  });
  ids.push(await erase(earlyContract));
  for (const id of ids) {
    await eventually(
      async () => expect((await place.get<{ status: string }>(`/erasures/${id}`)).body.status).toBe('completed'),
      { timeoutMs: timeout },
    );
  }
  const told = await vacuum();
  expect(told).toMatch(/PERSONAL_KEYS_DATABASE_URL: \d+ tables were written anew\./);
  expect(told).toContain('the write-ahead log was renewed.');
  return ids[0]!;
}

interface Page {
  readonly items: readonly { readonly id: string; readonly externalId: string; readonly status: string }[];
}

async function erase(id: string): Promise<string> {
  const request = { subject: `contract:${id}`, reason: 'requested_by_person' };
  const { status, body } = await place.post<{ id: string }>('/erasures', request);
  expect(status).toBe(202);
  return body.id;
}

/** The folders under the data folder in which a file holds one of the values, after the stores have written their files. */
async function foldersWith(values: readonly string[]): Promise<readonly string[]> {
  const sql = new Client(place.stack.env['CONTRACT_DATABASE_URL']);
  const redis = new Redis(place.stack.env['REDIS_URL']!);
  try {
    await sql.connect();
    await sql.query('checkpoint');
    // What is compressed can't be found.
    await redis.config('SET', 'rdbcompression', 'no');
    await redis.save();
  } finally {
    await sql.end();
    redis.disconnect();
  }
  expect(readdirSync(join(folder, 'redis'))).toEqual(expect.arrayContaining(['appendonlydir', 'dump.rdb']));
  const found = searchFiles(folder, values);
  return [...new Set(found.map(({ file }) => file.split(sep)[0]!))].toSorted();
}

async function vacuum(): Promise<string> {
  const env = { PATH: process.env['PATH'], KEIYAKU_DATA: folder };
  const { stdout } = await promisify(execFile)(process.execPath, [compiled('scripts/vacuum.js')], { env });
  return stdout;
}

describe('before an erasure', { timeout }, () => {
  // Without this the search below would prove nothing.
  it.each([...erasedValues.slice(0, 2), stays.name, stays.email])('the search finds %s', async (value) => {
    expect(await foldersWith([value])).toEqual(expect.arrayContaining(['mails', 'postgres']));
  });

  it('the log, Redis, the log files and the key database hold nothing of them in the clear', async () => {
    const found = await foldersWith([...erasedValues, stays.name, stays.email]);
    expect(found.filter((name) => !['kubernetes', 'mails', 'postgres'].includes(name))).toEqual([]);
  });
});

describe('after an erasure', { timeout }, () => {
  let erasureId: string;

  beforeAll(async () => {
    erasureId = await customersErased();
  }, timeout);

  it('there is a certificate, without a personal value', async () => {
    const { body } = await place.get<{ cleared: readonly { context: string }[] }>(`/erasures/${erasureId}`);
    expect(body).toMatchObject({
      subject: `contract:${contractId}`,
      reason: 'requested_by_person',
      requestedBy: { role: 'ADMIN' },
      completedAt: expect.any(String) as unknown,
      awaited: [],
    });
    expect(body.cleared.map(({ context }) => context).toSorted()).toEqual([...clearingContexts].toSorted());
    expect(erasedValues.filter((value) => JSON.stringify(body).includes(value))).toEqual([]);
  });

  it('no file of any store, log or mail holds what was erased', async () => {
    const found = searchFiles(folder, [...erasedValues, early.name, early.email]).filter(
      ({ file }) => !file.startsWith(`kubernetes${sep}`),
    );
    expect(found).toEqual([]);
    expect(await foldersWith(erasedValues)).toEqual(['kubernetes']);
  });

  it('the environment keeps the name and the sign-in name, and has never had an address', async () => {
    expect(await foldersWith([zuiho.name])).toEqual(['kubernetes']);
    expect(await foldersWith([zuiho.email, movedTo])).toEqual([]);
  });

  it('an environment that was being set up becomes ready without its contact, and nobody is written to', async () => {
    const { items } = (await place.get<Page>('/environments')).body;
    expect(items.find(({ externalId }) => externalId === early.externalId)?.status).toBe('ready');
    const mails = readdirSync(place.stack.mailsFolder).filter((name) => name.endsWith('.eml'));
    expect(mails).toHaveLength(1);
  });

  it('nothing of others is lost', async () => {
    for (const value of [stays.name, stays.email]) {
      expect(await foldersWith([value])).toEqual(expect.arrayContaining(['mails', 'postgres']));
    }
  });

  it('the contract shows the marker in its place', async () => {
    const { body } = await place.get<object>(`/contracts/${contractId}`);
    expect(body).toMatchObject({ externalId: zuiho.externalId, company: { name: '[erased]', email: '[erased]' } });
    const history = await place.get<object>(`/contracts/${contractId}/history`);
    expect(history.status).toBe(200);
    expect(erasedValues.filter((value) => JSON.stringify(history.body).includes(value))).toEqual([]);
  });

  it('a webhook about them is refused for good, and nothing is stored', async () => {
    const store = EventStore.connect(place.stack.env['EVENTSTORE_URL']!);
    try {
      const webhooks = async () =>
        (await store.readLog(undefined, 10_000)).filter(({ event }) => event?.type === 'webhook.received').length;
      const before = await webhooks();
      const { status, body } = await place.webhook({ ...zuiho, email: 'new@erased-person.example' });
      expect(status).toBe(409);
      expect(body.code).toBe('customer_erased');
      expect(await webhooks()).toBe(before);
    } finally {
      await store.close();
    }
  });

  it('every read model equals its rebuild', async () => {
    Object.assign(process.env, place.stack.env);
    // Not initialised: its databases are connected, and nothing of it runs.
    const app = await createService({ name: 'verify', contexts: suiteContexts, logger: { level: 'silent' } });
    try {
      const rowsOf = new Map<string, number>();
      for (const { readModels } of app.get(ContextRuntime, { strict: false, each: true })) {
        const { projections, ...dependencies } = readModels;
        for (const projection of projections) {
          const { rows, differences } = await verify(projection, dependencies);
          expect({ projection: projection.name, differences }).toEqual({
            projection: projection.name,
            differences: [],
          });
          rowsOf.set(projection.name, rows);
        }
      }
      for (const list of ['contract_list', 'environment_list', 'delivery_list', 'erasure_list']) {
        expect(rowsOf.get(list), list).toBeGreaterThan(0);
      }
    } finally {
      await app.close();
    }
  });
});
