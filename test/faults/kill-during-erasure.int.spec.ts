import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clearingContexts } from '#libs/events/src/erasure.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { type Customer, StackWithCustomers } from '../erasure/stack-with-customers.js';

/** The erasure waits until no process can remember the key, and the suite starts anew after every kill. */
const timeout = 600_000;
const moments = [
  'erasure.requested',
  'erasure.key_destroyed',
  'erasure.key_forgotten',
  'erasure.copies_cleared',
  'erasure.confirmed',
];
const customer: Customer = { externalId: 'KILL-001', name: 'Kirishima Works', email: 'it@kirishima.example' };

let folder: string;
let place: StackWithCustomers;
let log: EventStoreDBClient;
let contractId: string;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  place = await StackWithCustomers.start(folder);
  log = EventStoreDBClient.connectionString(place.stack.env['EVENTSTORE_URL']!);
  await place.webhook(customer);
  contractId = await place.served(customer, timeout);
}, timeout);

afterAll(async () => {
  await log.dispose();
  await place.stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('an erasure is carried out once although the suite is killed at each of its steps', { timeout }, async () => {
  const killed = killAtEach(moments);
  // The answer may be lost with the process.
  const request = { subject: `contract:${contractId}`, reason: 'no_longer_needed' };
  await Promise.allSettled([place.post('/erasures', request)]);
  await killed;

  const again = await eventually(() => place.post<{ id: string }>('/erasures', request), { timeoutMs: timeout });
  expect(again.status).toBe(202);
  await eventually(
    async () => {
      const { body } = await place.get<{ status: string }>(`/erasures/${again.body.id}`);
      expect(body.status).toBe('completed');
    },
    { timeoutMs: timeout },
  );
  const types = await erasureEvents();
  expect(types.toSorted()).toEqual(
    [
      'erasure.requested',
      'erasure.key_destroyed',
      'erasure.key_forgotten',
      'erasure.completed',
      ...clearingContexts.flatMap(() => ['erasure.copies_cleared', 'erasure.confirmed']),
    ].toSorted(),
  );
  expect(types.at(-1)).toBe('erasure.completed');

  const mails = readdirSync(place.stack.mailsFolder).map((name) => readFileSync(join(place.stack.mailsFolder, name)));
  expect(mails.filter((mail) => mail.includes(customer.email))).toEqual([]);
  expect(await parked()).toEqual([]);
});

/** Follows the log and kills the suite the moment that the first event of each type is in it. */
async function killAtEach(types: readonly string[]): Promise<void> {
  const waiting = new Set(types);
  const subscription = log.subscribeToAll();
  for await (const { event } of subscription) {
    if (!event || !waiting.delete(event.type)) continue;
    await place.stack.parts.suite!.kill('SIGKILL');
    await place.stack.parts.suite!.restart();
    if (waiting.size === 0) break;
  }
  await subscription.unsubscribe();
}

async function erasureEvents(): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const { event } of log.readAll()) if (event?.type.startsWith('erasure.')) types.push(event.type);
  return types;
}

/** Policies that gave up on an event, or were refused. */
async function parked(): Promise<readonly object[]> {
  const found: object[] = [];
  for (const context of clearingContexts) {
    const database = new Client(place.stack.env[`${context.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`]);
    await database.connect();
    const { rows } = await database.query<object>(
      `select policy, event_type, reason from policy_parked_events where state in ('parked', 'waiting')`,
    );
    found.push(...rows);
    await database.end();
  }
  return found;
}
