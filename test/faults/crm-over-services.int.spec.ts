import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { SERVICES } from '#libs/local-stack/src/stack-plan.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { CrmPlace } from '../../scripts/faults/crm/crm-place.js';
import { runCrmKills } from '../../scripts/faults/crm/run-crm-kills.js';
import { keysSoonForgotten } from '../erasure/stack-with-customers.js';
import {
  belongings,
  burden,
  busyCustomer,
  followers,
  forgetPolicies,
  killAll,
  ownEvents,
  policiesAreThrough,
  shown,
  startAll,
} from './crm-cascades.js';

let folder: string;
let stack: Stack;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  const ports = Object.fromEntries(['suite', ...SERVICES].map((name) => [name, 0]));
  const environment = { ...process.env, ...keysSoonForgotten };
  stack = await startStack({ dataDir: folder, suite: false, services: true, ports, environment });
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

it('commands of the CRM are carried out once and answered alike, although its services are killed', async () => {
  const place = await CrmPlace.enter(stack);
  const lines: string[] = [];
  const { result, findings } = await runCrmKills(place, {
    kills: 3,
    seed: 8,
    atOnce: 4,
    print: (line) => lines.push(line),
  });
  expect(findings, lines.join('\n')).toEqual([]);
  expect(result.kills).toBe(3);
  expect(result.unanswered).toBeGreaterThan(0);
}, 180_000);

it('what follows users and customers is done when the services are back that were away, and once', async () => {
  const place = await CrmPlace.enter(stack);
  const [gone, successor] = [await place.user('SALES'), await place.user('MANAGER')];
  await burden(place, gone, 8);
  const [restored, erased] = [await busyCustomer(place, gone), await busyCustomer(place, successor)];
  const request = { subject: `customer:${erased.customerId}`, reason: 'requested_by_person' };
  const erasure = await place.done({ context: 'identity', method: 'POST', path: '/api/erasures', body: request });

  await killAll(place, ['sales-activity', 'opportunity']);
  const path = `/api/customers/${restored.customerId}`;
  await place.done({ context: 'customer', method: 'DELETE', path });
  await place.done({ context: 'customer', method: 'POST', path: `${path}/restore` });
  await killAll(place, ['customer']);
  const deleted = `/api/auth/users/${gone}?reassignTo=${successor}`;
  await place.done({ context: 'identity', method: 'DELETE', path: deleted });
  await startAll(place);
  await policiesAreThrough(place);
  await eventually(async () => {
    expect(await belongings(place, gone)).toEqual({ customers: 0, tasks: 0, approvals: 0, deals: 0 });
    expect(await belongings(place, successor)).toEqual({ customers: 10, tasks: 10, approvals: 8, deals: 10 });
    for (const view of await shown(place, restored)) expect(view).not.toMatch(/"(deleted":true|deletedAt":")/);
  });

  await eventually(
    async () => {
      const reading = { context: 'identity', method: 'GET', path: `/api/erasures/${erasure.id}` } as const;
      expect(await place.done(reading)).toMatchObject({ status: 'completed' });
    },
    { timeoutMs: 60_000 },
  );
  for (const view of await shown(place, erased)) {
    expect(view).toContain('[erased]');
    expect(view).not.toContain(erased.name);
  }

  await policiesAreThrough(place);
  const before = await ownEvents(place);
  await killAll(place, followers);
  await forgetPolicies(place);
  await startAll(place);
  await policiesAreThrough(place);
  expect(await ownEvents(place)).toEqual(before);
}, 180_000);
