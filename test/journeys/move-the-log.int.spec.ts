import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { consumerStatuses } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import { accountBalance } from '#libs/event-sourcing/src/spec-account.js';
import type { AccountEvents } from '#libs/event-sourcing/src/spec-account.js';
import { PolicyStores, openAccount, payIn, startPolicyApp } from '#libs/event-sourcing/src/spec-policy-app.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import type { EventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTestCertificate } from '#libs/testing/src/test-certificate.js';
import type { TestCertificate } from '#libs/testing/src/test-certificate.js';
import { feedCommand, runCommand } from '../contracts/event-store/command-line.js';

type PaidIn = RecordedEvent<{ type: 'account.paid_in'; data: AccountEvents['account.paid_in'] }>;

let handled: number[];

@Controller()
class NotePayments {
  @Policy('bank/note-payments', { on: ['account.paid_in'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() { data }: PaidIn): Promise<void> {
    handled.push(data.amount);
    return Promise.resolve();
  }
}

let stores: PolicyStores;
/** It has events of its own first, so every position is another one there. */
let target: EventStoreServer;
let certificate: TestCertificate;
let app: NestFastifyApplication | undefined;

beforeEach(async () => {
  handled = [];
  stores = await PolicyStores.start();
  certificate = await makeTestCertificate();
  target = await startEventStoreServer({ certificate });
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  await target.stop();
  await stores.stop();
  await certificate.remove();
});

const start = (server: EventStoreServer): Promise<NestFastifyApplication> =>
  startPolicyApp({ server, database: stores.database }, [NotePayments], [accountBalance]);
const states = (): string[] => consumerStatuses(app!).map(({ name, state }) => `${name} ${state}`);
const payments = (): Promise<unknown[]> => stores.query('select owner, balance, payments from account_balance');

/** The SQL of docs/event-store.md; what psql's \copy does is done here, since there is no psql. */
async function moveCheckpoints(files: Readonly<Record<string, string>>): Promise<void> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/event-store.md'), 'utf8');
  const [, block = ''] = /```sql\n([^`]+)```/.exec(page)!;
  for (const part of block.split(/^(?= *\\copy)|(?<=^ *\\copy.*\n)/m)) {
    const copy = /\\copy (\w+) from '([\w.]+)'/.exec(part);
    if (copy === null) await stores.query(part);
    else {
      const lines = files[copy[2]!]!.trim().split('\n');
      await stores.query(`insert into ${copy[1]} select unnest($1::text[])`, [lines]);
    }
  }
}

it('moves to another server with the commands of docs/event-store.md, and nothing is missed or done twice', async () => {
  app = await start(stores.server);
  const account = await openAccount(app, 'Sato', [1, 2, 3]);
  await eventually(async () => expect([handled, await payments()]).toMatchObject([[1, 2, 3], [{ balance: '6' }]]));
  await app.close();

  const { stdout: old } = await runCommand('export', '--url', stores.server.url, '--all');
  expect(await feedCommand(['import', '--url', target.url], old)).toMatchObject({ code: 0 });
  const { stdout: moved } = await runCommand('export', '--url', target.url, '--all');

  // With the checkpoints of the old log nobody goes on, and nobody does harm.
  app = await start(target);
  await eventually(() => expect(states()).toEqual(['account_balance_v1 stopped', 'bank/note-payments stopped']));
  await app.close();
  await moveCheckpoints({ 'old.ndjson': old, 'new.ndjson': moved });

  app = await start(target);
  await payIn(app, account, [4]);
  await eventually(async () =>
    expect([handled, await payments()]).toEqual([
      [1, 2, 3, 4],
      [{ owner: 'Sato', balance: '10', payments: [1, 2, 3, 4] }],
    ]),
  );
  expect(states()).toEqual(['account_balance_v1 running', 'bank/note-payments running']);
});
