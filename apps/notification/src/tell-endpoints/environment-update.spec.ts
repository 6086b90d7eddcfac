import { expect, it } from 'vitest';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { recorded } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentUpdate, factsAfter, type ToldEvent, toldEvents } from './environment-update.js';

const about = abcEnvironment('00f204fc-04ad-5b2d-8b1f-7f99fb9c4e5e');
const { environmentId } = about;
const amended = { ...about, objectsApplied: 22, previous: about.terms };

it('tells status, address and specification of an environment, and nothing about people', () => {
  const [requested] = recorded([{ type: 'environment.requested', data: about } as const]);
  const update = environmentUpdate(requested!, about);
  expect(update).toEqual({
    eventId: requested!.id,
    eventType: 'environment.requested',
    timestamp: '2026-01-05T09:00:00.000Z',
    data: {
      environmentId,
      contractId: about.contractId,
      externalId: 'CUST-2025-001',
      status: 'provisioning',
      url: 'https://abc-corporation.your-service.com',
      specification: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
      sequence: 0,
    },
  });
  expect(JSON.stringify(update)).not.toMatch(/@|ABC Corporation/);
});

it('tells of exactly these events', () => {
  expect(toldEvents).toEqual([
    'environment.requested',
    'environment.needs_attention',
    'environment.retry_requested',
    'environment.resumed',
    'environment.settings_corrected',
    'environment.version_chosen',
    'environment.ready',
    'environment.amendment_requested',
    'environment.suspension_requested',
    'environment.resumption_requested',
    'environment.approval_requested',
    'environment.change_approved',
    'environment.change_rejected',
    'environment.amended',
    'environment.suspended',
    'environment.restored',
    'environment.termination_requested',
    'environment.cancellation_requested',
    'environment.retained',
    'environment.deleted',
  ]);
});

it.each<[string, ToldEvent]>([
  ['ready', { type: 'environment.amended', data: { ...amended, mode: 'running' } }],
  ['suspended', { type: 'environment.amended', data: { ...amended, mode: 'suspended' } }],
  ['suspended', { type: 'environment.suspended', data: { ...about, objectsApplied: 20 } }],
  ['ready', { type: 'environment.restored', data: { ...about, objectsApplied: 22 } }],
  [
    'suspended',
    { type: 'environment.change_rejected', data: { environmentId, note: 'n', terms: about.terms, mode: 'suspended' } },
  ],
  ['retained', { type: 'environment.retained', data: { ...about, deleteAt: '2026-04-05T09:00:00.000Z' } }],
  ['deleted', { type: 'environment.deleted', data: { ...about, attempt: 'a', why: 'terminated', objects: [] } }],
  ['cancelled', { type: 'environment.deleted', data: { ...about, attempt: 'a', why: 'cancelled', objects: [] } }],
])('tells the status %s after $type', (status, event) => {
  const [told] = recorded([event]);
  expect(environmentUpdate(told as Recorded<ToldEvent>, about).data).toMatchObject({ status });
});

it('takes what it tells from the newest event that says it', () => {
  const larger = { ...about, terms: { ...about.terms, userLimit: 500 }, objectsApplied: 22 };
  const history: EnvironmentEvent[] = [
    { type: 'environment.requested', data: about },
    { type: 'environment.ready', data: larger },
    { type: 'environment.retry_requested', data: { environmentId } },
  ];
  expect(history.reduce(factsAfter, undefined)).toMatchObject({ terms: { userLimit: 500 }, url: about.url });
  const terms = { ...about.terms, plan: 'standard' };
  const corrected: EnvironmentEvent = { type: 'environment.settings_corrected', data: { environmentId, terms } };
  expect([...history, corrected].reduce(factsAfter, undefined)).toMatchObject({ terms, url: about.url });
  expect(history.slice(2).reduce(factsAfter, undefined)).toBeUndefined();
});
