import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { expect } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import type { CrmContext, CrmPlace } from '../../scripts/faults/crm/crm-place.js';
import { readWholeLog } from '../../scripts/faults/raw-log.js';

export const followers = ['customer', 'sales-activity', 'opportunity'] as const satisfies readonly CrmContext[];

interface Total {
  readonly total: number;
}

/** How many there are of each kind of thing that is somebody's. */
export async function belongings(place: CrmPlace, userId: string): Promise<object> {
  const total = async (context: CrmContext, path: string): Promise<number> =>
    (await place.done<Total>({ context, method: 'GET', path: `${path}&total=true&limit=1` })).total;
  return {
    customers: await total('customer', `/api/customers/by-sales/${userId}?status=active`),
    tasks: await total('sales-activity', `/api/tasks?userId=${userId}`),
    approvals: await total('opportunity', `/api/approvals/approver/${userId}?status=PENDING`),
    deals: await total('opportunity', `/api/deals?ownerId=${userId}`),
  };
}

/** Gives somebody so many of each. */
export async function burden(place: CrmPlace, userId: string, each: number): Promise<void> {
  const steps = [{ rule: 'any_of', approvers: [userId] }];
  const deal = { title: '年間契約の更新', amount: 1_000, expectedCloseDate: '2026-03-31', ownerId: userId };
  for (let index = 0; index < each; index++) {
    const customer = { name: `客 ${userId} ${index}`, assignedSalesId: userId };
    const approval = { subjectType: 'deal', title: '特別値引き', steps };
    await Promise.all([
      place.done({ context: 'customer', method: 'POST', path: '/api/customers', body: customer }),
      place.done({
        context: 'sales-activity',
        method: 'POST',
        path: '/api/tasks',
        body: { title: '見積書を送る', userId },
      }),
      place.done({ context: 'opportunity', method: 'POST', path: '/api/approvals', body: approval, byMachine: true }),
      place.done({ context: 'opportunity', method: 'POST', path: '/api/deals', body: deal }),
    ]);
  }
}

export interface BusyCustomer {
  /** Stands in everything that is said of them. */
  readonly name: string;
  readonly customerId: string;
  readonly taskId: string;
  readonly meetingId: string;
  readonly dealId: string;
}

/** A customer whom somebody looks after, with a task and a deal of the same person, and a meeting of another one. */
export async function busyCustomer(place: CrmPlace, userId: string): Promise<BusyCustomer> {
  const name = `霧島 ${randomUUID()}`;
  const write = async (context: CrmContext, path: string, body: object): Promise<string> =>
    (await place.done({ context, method: 'POST', path, body })).id;
  const customerId = await write('customer', '/api/customers', { name, assignedSalesId: userId });
  const meeting = { customerId, userId: place.administratorId, date: '2026-01-05T10:00:00Z', summary: name };
  const deal = { title: name, amount: 1_000, expectedCloseDate: '2026-03-31', customerId, ownerId: userId };
  return {
    name,
    customerId,
    taskId: await write('sales-activity', '/api/tasks', { title: name, customerId, userId }),
    meetingId: await write('sales-activity', '/api/meetings', meeting),
    dealId: await write('opportunity', '/api/deals', deal),
  };
}

/** What is shown of the customer, the task, the meeting and the deal, as text. */
export async function shown(
  place: CrmPlace,
  { customerId, taskId, meetingId, dealId }: BusyCustomer,
): Promise<string[]> {
  const read = async (context: CrmContext, path: string): Promise<string> =>
    JSON.stringify(await place.done({ context, method: 'GET', path }));
  return Promise.all([
    read('customer', `/api/customers/${customerId}`),
    read('sales-activity', `/api/tasks/${taskId}`),
    read('sales-activity', `/api/meetings/${meetingId}`),
    read('opportunity', `/api/deals/${dealId}`),
  ]);
}

export async function killAll(place: CrmPlace, contexts: readonly CrmContext[]): Promise<void> {
  await Promise.all(contexts.map((context) => place.stack.parts[context]!.kill('SIGKILL')));
}

export async function startAll(place: CrmPlace): Promise<void> {
  await Promise.all(followers.map((context) => place.stack.parts[context]!.restart()));
}

/** Every policy of these contexts has passed every event that is in the log. */
export async function policiesAreThrough(place: CrmPlace): Promise<void> {
  for (const context of followers) {
    const policies = await inDatabase<{ consumer: string }>(
      place,
      context,
      'select consumer from consumer_checkpoints where projection is null',
    );
    expect(policies).not.toEqual([]);
    await eventually(
      async () => {
        const { text } = await place.ask({ context, method: 'GET', path: '/metrics' });
        for (const { consumer } of policies)
          expect(text).toContain(`consumer_lag_events{consumer="${consumer}",kind="policy"} 0\n`);
      },
      { timeoutMs: 60_000 },
    );
  }
}

/** Each policy begins anew at the beginning of the log when its context starts again. */
export async function forgetPolicies(place: CrmPlace): Promise<void> {
  for (const context of followers) {
    await inDatabase(place, context, 'delete from consumer_checkpoints where projection is null');
    await inDatabase(place, context, 'delete from policy_fan_outs');
  }
}

/** Events of these contexts' own aggregates, by their ids. */
export async function ownEvents(place: CrmPlace): Promise<readonly string[]> {
  const log = await readWholeLog(place.stack.env['EVENTSTORE_URL']!);
  return log
    .filter(({ stream }) => /^(customer|task|meeting|approval|deal|delegation)-/.test(stream))
    .map(({ id }) => id);
}

async function inDatabase<Row extends object>(place: CrmPlace, context: CrmContext, query: string): Promise<Row[]> {
  const client = new Client(place.stack.env[`${context.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`]);
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}
