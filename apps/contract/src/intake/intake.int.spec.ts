import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownTables } from '#libs/backup/src/own-rows.js';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { createService, startService } from '#libs/service/src/service.js';
import { createTestDatabase, type TestDatabase } from '#libs/testing/src/database.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { abcCorporation } from '../crm-webhook/spec-crm.js';
import { ContractDatabase } from './contract-database.js';
import { pollingSettings } from './intake-settings.js';
import type { RowMapping } from './row-mapping.js';

interface Rejections {
  readonly items: { readonly item: string; readonly errors: { readonly pointer: string; readonly detail: string }[] }[];
}

const columns = {
  id: 'no',
  plan: { column: 'tariff', values: { E: 'enterprise' } },
  storage_quota: 'storage',
  user_limit: 'users',
  contract_date: 'signed_on',
  language: { value: 'ja' },
  status: 'state',
  reason: 'why',
};

let crm: TestDatabase;
let rows: Client;
let app: TestApp;
let sender: EventStoreDBClient;
/** The process that fetches contracts; the app beside it only reads, and stays. */
let intakes: NestFastifyApplication;

beforeAll(async () => {
  crm = await createTestDatabase('crm');
  rows = new Client(crm.url);
  await rows.connect();
  await rows.query(`
    create table customers (
      no text primary key, name text, tariff text, region text, storage text, users integer, signed_on date,
      email text, state text, why text, updated_at timestamptz, internal_note text
    )`);
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  Object.assign(process.env, {
    CONTRACT_POLLING_URL: crm.url,
    CONTRACT_POLLING_TABLE: 'public.customers',
    CONTRACT_POLLING_CURSOR_COLUMN: 'updated_at',
    CONTRACT_POLLING_ID_COLUMN: 'no',
    CONTRACT_POLLING_MAPPING: JSON.stringify(columns),
    CONTRACT_POLLING_EVERY_SECONDS: '1',
    CONTRACT_INBOX_STREAM: 'crm-inbox',
  });
  await start();
  sender = EventStoreDBClient.connectionString(app.eventStore.url);
});

afterAll(async () => {
  await intakes.close();
  await sender.dispose();
  await rows.end();
  await app.close();
  await crm.drop();
});

function contractOf(source: string, externalId: string): string {
  return stableId('contract', source, externalId);
}

async function typesOf(source: string, externalId: string): Promise<string[]> {
  return (await app.events(`contract-${contractOf(source, externalId)}`)).map(({ type }) => type);
}

async function rejections(intake: string): Promise<Rejections['items']> {
  return (await app.request<Rejections>(`/api/contract-intake/rejections?intake=${intake}`, { role: 'OPERATOR' })).body
    .items;
}

/** Forgets how far the intakes are, as if the process had died between its commands and the note of them. */
async function forget(intake: string): Promise<void> {
  const database = new Client(app.databaseUrls.get('contract'));
  await database.connect();
  for (const table of ['intake_positions', 'intake_rows']) {
    await database.query(`delete from ${table} where intake = $1`, [intake]);
  }
  await database.end();
}

/** Rejects an item that is there no more. */
async function rejectGone(intake: string, item: string): Promise<void> {
  const database = new Client(app.databaseUrls.get('contract'));
  await database.connect();
  await database.query(
    `insert into intake_rejections (intake, item, position, errors, rejected_at) values ($1, $2, $2, '[]', now())`,
    [intake, item],
  );
  await database.end();
}

async function start(): Promise<void> {
  intakes = await createService({ name: 'test', contexts: [ContractModule], logger: { level: 'silent' } });
  await startService(intakes, 0);
}

it('follows the log: a backup copies none of its tables after the log', async () => {
  const tables = await ownTables(app.databaseUrls.get('contract')!);
  expect(tables.map(({ name }) => name)).toEqual(['public.webhook_credentials']);
});

describe('a contract database', () => {
  const source = 'contract-database';
  const types = (no: string) => typesOf(source, no);
  const signed = ['contract.drafted', 'contract.signed'];

  async function put(no: string, changes: object = {}, updatedAt = 'now()'): Promise<void> {
    const row = { name: 'ABC Corporation', tariff: 'E', region: 'ap-northeast-1', storage: '1TB', users: 100 };
    const rest = { signed_on: '2025-05-29', email: 'it@abc-corp.example', state: 'active', why: null };
    const values = { no, ...row, ...rest, internal_note: 'none of our business', ...changes };
    const names = Object.keys(values);
    await rows.query(
      `insert into customers (${names.join(', ')}, updated_at)
       values (${names.map((_, index) => `$${index + 1}`).join(', ')}, ${updatedAt})
       on conflict (no) do update set (${names.join(', ')}, updated_at) =
         (${names.map((name) => `excluded.${name}`).join(', ')}, excluded.updated_at)`,
      Object.values(values),
    );
  }

  it('becomes contracts: one for each row, and none for who has gone before', async () => {
    await put('ROW-1');
    await put('ROW-2', { state: 'suspended', why: 'Unpaid.' });
    await put('ROW-3', { state: 'terminated' });
    await eventually(async () => {
      expect(await types('ROW-1')).toEqual(signed);
      expect(await types('ROW-2')).toEqual([...signed, 'contract.suspended']);
      expect(await types('ROW-3')).toEqual(['contract.change_held']);
    });
    const [drafted] = await app.events(`contract-${contractOf(source, 'ROW-1')}`);
    expect(drafted).toMatchObject({
      data: {
        externalId: 'ROW-1',
        company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
        terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
        contractDate: '2025-05-29',
        origin: { channel: 'polling', source, rowId: 'ROW-1' },
      },
      metadata: { actor: { id: `contract-polling:${source}`, role: 'SERVICE' } },
    });
    expect((await app.events(`contract-${contractOf(source, 'ROW-2')}`)).at(-1)?.data).toMatchObject({
      reason: 'Unpaid.',
    });
  });

  it('that changes amends, resumes and terminates', async () => {
    await put('ROW-1', { users: 200 });
    await put('ROW-2');
    await eventually(async () => {
      expect(await types('ROW-1')).toEqual([...signed, 'contract.amended']);
      expect(await types('ROW-2')).toEqual([...signed, 'contract.suspended', 'contract.resumed']);
    });
    await put('ROW-1', { users: 200, state: 'terminated', why: 'Notice given.' });
    await eventually(async () => expect((await types('ROW-1')).at(-1)).toBe('contract.terminated'));
  });

  it('with bad rows goes on, and says what is wrong with them until they are right', async () => {
    await put('BAD-1', { tariff: 'gold', users: null, email: 'abc' });
    await put('BAD-2', { state: 'asleep' });
    await put('BAD-3', {}, 'null');
    await put('BAD-4', {}, `now() + interval '1 hour'`);
    await put('GOOD-1');
    await eventually(async () => {
      expect(await types('GOOD-1')).toEqual(signed);
      const found = Object.fromEntries(
        (await rejections(`polling:${source}`)).map(({ item, errors }) => [item, errors.map(({ pointer }) => pointer)]),
      );
      expect(found).toEqual({
        'BAD-1': expect.arrayContaining(['/users', '/email']) as unknown,
        'BAD-2': ['/state'],
        'BAD-3': ['/updated_at'],
        'BAD-4': ['/updated_at'],
      });
    });
    expect(JSON.stringify(await rejections(`polling:${source}`))).not.toMatch(/gold|abc|asleep/);
    for (const no of ['BAD-1', 'BAD-2', 'BAD-3', 'BAD-4']) await put(no);
    await eventually(async () => {
      expect(await rejections(`polling:${source}`)).toEqual([]);
      for (const no of ['BAD-1', 'BAD-2', 'BAD-3', 'BAD-4']) expect(await types(no)).toEqual(signed);
    });
  });

  it('is read again from a while before the newest row: ties and rows that were committed late are found', async () => {
    const at = `date_trunc('second', now()) - interval '5 minutes'`;
    await put('TIE-1', {}, at);
    await eventually(async () => expect(await types('TIE-1')).toEqual(signed));
    await put('TIE-2', {}, at);
    await put('LATE-1', {}, `${at} - interval '1 minute'`);
    await eventually(async () => {
      expect(await types('TIE-2')).toEqual(signed);
      expect(await types('LATE-1')).toEqual(signed);
    });
    // The same moment, another content.
    await put('TIE-1', { users: 300 }, at);
    await eventually(async () => expect(await types('TIE-1')).toEqual([...signed, 'contract.amended']));
  });

  it('whose content is not sold suspends all the same', async () => {
    await put('PART-1');
    await eventually(async () => expect(await types('PART-1')).toEqual(signed));
    await put('PART-1', { tariff: 'gold', state: 'suspended' });
    await eventually(async () => expect(await types('PART-1')).toEqual([...signed, 'contract.suspended']));
    await eventually(async () => {
      const rejected = await rejections(`polling:${source}`);
      expect(rejected).toMatchObject([{ item: 'PART-1', errors: [{ pointer: '/tariff' }] }]);
    });
    await put('PART-1', { state: 'suspended' });
    await eventually(async () => expect(await rejections(`polling:${source}`)).toEqual([]));
  });

  it('that takes a change back within one moment is heard each time', async () => {
    const at = `timestamptz '${new Date(Date.now() - 60_000).toISOString()}'`;
    const amended = (times: number) => [...signed, ...Array.from({ length: times }, () => 'contract.amended')];
    for (const [times, users] of [100, 300, 100, 300].entries()) {
      await put('BACK-1', { users }, at);
      await eventually(async () => expect(await types('BACK-1')).toEqual(amended(times)));
    }
  });

  it('may number its customers beyond what JSON holds', async () => {
    await rows.query(`create table numbered (no numeric(20, 2), holder bigint, changed timestamptz)`);
    await rows.query(`insert into numbered values (123456789012345678, 9007199254740993, now()), (7, 7, now())`);
    const mapping = { id: { column: 'no' }, name: { column: 'holder' } } as unknown as RowMapping;
    const settings = {
      ...pollingSettings()!,
      table: 'public.numbered',
      idColumn: 'no',
      cursorColumn: 'changed',
      mapping,
    };
    const database = await ContractDatabase.open(settings);
    try {
      for await (const page of database.since(null)) {
        expect(page.map(({ row }) => [row['no'], row['holder']])).toEqual([
          ['7', '7'],
          ['123456789012345678', '9007199254740993'],
        ]);
      }
    } finally {
      await database.close();
    }
  });

  it('is taken once, also when the process ends before it has noted what it did', async () => {
    const before = await app.log();
    await intakes.close();
    await forget(`polling:${source}`);
    await put('AFTER-1');
    await start();
    await eventually(async () => expect(await types('AFTER-1')).toEqual(signed));
    const after = await app.log();
    const added = after
      .slice(before.length)
      .map(({ type, data }) => [type, (data as { externalId: string }).externalId]);
    expect(added).toEqual(signed.map((type) => [type, 'AFTER-1']));
  });

  it('is tried again with what was rejected after a start, which may bring another mapping', async () => {
    const rejected = async () => (await rejections(`polling:${source}`)).map(({ item }) => item);
    await put('OLD-1', { tariff: 'B' }, `now() - interval '1 day'`);
    await intakes.close();
    await forget(`polling:${source}`);
    await start();
    await eventually(async () => expect(await rejected()).toEqual(['OLD-1']));
    await intakes.close();
    process.env['CONTRACT_POLLING_MAPPING'] = JSON.stringify({
      ...columns,
      plan: { column: 'tariff', values: { E: 'enterprise', B: 'business' } },
    });
    await start();
    await eventually(async () => expect(await types('OLD-1')).toEqual(signed));
    await eventually(async () => expect(await rejected()).toEqual([]));
  });

  it('that can not be read is complained of, and taken up again', async () => {
    await rows.query('alter table customers rename column tariff to plan_code');
    interface Intakes {
      readonly items: { readonly intake: string; readonly problem: string | null; readonly position: string | null }[];
    }
    const intake = async () => {
      const { body } = await app.request<Intakes>('/api/contract-intake', { role: 'OPERATOR' });
      return body.items.find((each) => each.intake === `polling:${source}`);
    };
    await eventually(async () =>
      expect(await intake()).toMatchObject({
        problem: expect.stringContaining(
          'public.customers has no column tariff. Correct CONTRACT_POLLING_MAPPING',
        ) as unknown,
        position: expect.any(String) as unknown,
      }),
    );
    await rows.query('alter table customers rename column plan_code to tariff');
    await eventually(async () => expect(await intake()).toMatchObject({ problem: null }));
  });
});

describe('an inbox stream', () => {
  const source = 'inbox';
  const types = (id: string) => typesOf(source, id);
  const signed = ['contract.drafted', 'contract.signed'];

  function envelope(
    eventType: string,
    data: object,
    eventId: string = randomUUID(),
    timestamp = '2025-05-29T09:00:00Z',
  ) {
    return { eventId, eventType, timestamp, data };
  }

  function registered(id: string, changes: object = {}) {
    return envelope('customer.registered', { customer: { ...abcCorporation, id, ...changes } }, `registered-${id}`);
  }

  async function send(...envelopes: object[]): Promise<void> {
    const events = envelopes.map((data) => jsonEvent({ type: 'crm.event', data: data as Record<string, string> }));
    await sender.appendToStream('crm-inbox', events);
  }

  it('becomes contracts and changes of them', async () => {
    const at = '2025-06-01T09:00:00Z';
    await send(
      registered('IN-1'),
      envelope('customer.changed', { customer: { ...abcCorporation, id: 'IN-1', user_limit: 200 } }, 'change-1', at),
      envelope('customer.suspended', { customer: { id: 'IN-1' }, reason: 'Unpaid.' }, 'suspend-1', at),
    );
    await eventually(async () =>
      expect(await types('IN-1')).toEqual([...signed, 'contract.amended', 'contract.suspended']),
    );
    expect((await app.events(`contract-${contractOf(source, 'IN-1')}`)).at(-1)).toMatchObject({
      data: { reason: 'Unpaid.', origin: { channel: 'inbox', source, eventId: 'suspend-1' } },
      metadata: { actor: { id: 'contract-inbox:inbox', role: 'SERVICE' } },
    });
  });

  it('holds each event once, however often it was appended, and says what is wrong with the others', async () => {
    await send(registered('IN-2'), registered('IN-2'), registered('IN-2', { user_limit: 500 }));
    await send(
      registered('IN-3', { plan: 'gold' }),
      { ...registered('IN-4'), eventId: undefined },
      envelope('customer.moved', {}),
    );
    await sender.appendToStream('crm-inbox', binaryEvent({ type: 'crm.event', data: Buffer.from('x') }));
    await send(registered('IN-5'));
    await eventually(async () => expect(await types('IN-5')).toEqual(signed));
    expect(await types('IN-2')).toEqual(signed);
    await eventually(async () => {
      const found = (await rejections('inbox:inbox')).toSorted((a, b) => Number(a.item) - Number(b.item));
      expect(found.map(({ item, errors }) => [item, errors[0]?.pointer, errors[0]?.detail.split('.')[0]])).toEqual([
        ['5', '/eventId', 'This eventId came with another content before'],
        ['6', '/data/customer/plan', 'Unknown plan'],
        ['7', '/eventId', 'Must be 1 to 200 visible ASCII characters, the same in every repetition'],
        ['8', '', expect.stringContaining('Types that are understood: customer') as unknown],
        ['9', '', 'Is no JSON'],
      ]);
    });
  });

  it('is taken once, also over a restart in the middle', async () => {
    const before = await app.log('contract.drafted', 'contract.signed', 'contract.amended', 'contract.suspended');
    await intakes.close();
    await send(registered('IN-6'));
    await forget('inbox:inbox');
    await rejectGone('inbox:inbox', '4711');
    // What was rejected for its plan is tried again, too.
    const { plans, regions } = loadCatalogue();
    const catalogue = { plans: { ...plans, gold: plans['enterprise'] }, regions };
    const file = join(temporaryFolder(), 'catalogue.json');
    writeFileSync(file, JSON.stringify(catalogue));
    process.env['CATALOGUE_FILE'] = file;
    await start();
    await send(registered('IN-7'));
    await eventually(async () => expect(await types('IN-7')).toEqual(signed));
    expect(await types('IN-6')).toEqual(signed);
    await eventually(async () => expect(await types('IN-3')).toEqual(signed));
    await eventually(async () => expect((await rejections('inbox:inbox')).map(({ item }) => item)).not.toContain('6'));
    expect((await rejections('inbox:inbox')).map(({ item }) => item)).not.toContain('4711');
    const after = await app.log('contract.drafted', 'contract.signed', 'contract.amended', 'contract.suspended');
    expect(after).toHaveLength(before.length + 6);
  });
});
