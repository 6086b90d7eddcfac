import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { erased } from '#libs/events/src/erased.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentListProjection } from './environment-list.projection.js';

const { environmentId } = abcEnvironment;
const attempt = { environmentId, attempt: 'a' };
const requested: EnvironmentEvent = { type: 'environment.requested', data: abcEnvironment };

function started(number: number): EnvironmentEvent {
  return { type: 'environment.step_started', data: { ...attempt, step: 'plan', number, leaseUntil: '' } };
}

const planned: EnvironmentEvent = {
  type: 'environment.planned',
  data: { ...attempt, objects: [{ kind: 'Namespace', name: 'n' }], planHash: 'h', credential: { id: 'c', version: 1 } },
};
const needsAttention: EnvironmentEvent = {
  type: 'environment.needs_attention',
  data: { ...attempt, step: 'plan', class: 'application', object: 'Namespace n', reason: 'r', whatToDo: 'w' },
};
const retried: EnvironmentEvent = { type: 'environment.retry_requested', data: { environmentId } };

function row(...events: DomainEvent[]) {
  return projected(environmentListProjection, recorded(events))[environmentId];
}

it('shows a requested environment, without the address of its company', () => {
  const made = row(requested);
  expect(made).toMatchObject({
    status: 'requested',
    companyName: 'ABC Corporation',
    plan: 'enterprise',
    revision: 0,
    steps: [],
  });
  expect(JSON.stringify(made)).not.toContain('it@abc-corp.example');
});

it('times a step from its first try to its end', () => {
  expect(row(requested, started(1), started(2), planned)).toMatchObject({
    status: 'planning',
    objectsPlanned: 1,
    revision: 3,
    steps: [{ name: 'plan', startedAt: '2026-01-05T09:01:00.000Z', tries: 2, ms: 120_000 }],
  });
});

it('says on which cluster it stands: on the default one where it was planned before there were others', () => {
  const placed: EnvironmentEvent = { type: 'environment.placed', data: { environmentId, clusterId: 'tokyo-2' } };
  expect(row(requested, started(1))).toMatchObject({ clusterId: null });
  expect(row(requested, started(1), planned)).toMatchObject({ clusterId: 'default' });
  expect(row(requested, started(1), placed, planned, planned)).toMatchObject({ clusterId: 'tokyo-2' });
});

it('shows that something should pass while its cluster is away', () => {
  const postponed: EnvironmentEvent = {
    type: 'environment.postponed',
    data: { ...attempt, step: 'plan', number: 1, clusterId: 'tokyo-2', reason: 'r' },
  };
  expect(row(requested, started(1), postponed)).toMatchObject({ status: 'planning', failureClass: 'transient' });
  expect(row(requested, started(1), postponed, started(2), planned)).toMatchObject({ failureClass: null });
});

it('says at which step it is, and since when', () => {
  const at = (minute: number) => new Date(`2026-01-05T09:0${minute}:00.000Z`);
  expect(row(requested)).toMatchObject({ step: null, since: at(0) });
  expect(row(requested, started(1))).toMatchObject({ step: 'plan', since: at(1) });
  expect(row(requested, started(1), started(2))).toMatchObject({ step: 'plan', since: at(1) });
  expect(row(requested, started(1), started(2), needsAttention)).toMatchObject({ step: 'plan', since: at(3) });
  const ready: EnvironmentEvent = { type: 'environment.ready', data: { ...abcEnvironment, objectsApplied: 22 } };
  expect(row(requested, started(1), ready)).toMatchObject({ status: 'ready', step: null, since: at(2) });
});

it('says what needs attention until somebody retries; then the steps begin anew', () => {
  const attention = { step: 'plan', class: 'application', object: 'Namespace n', reason: 'r', whatToDo: 'w' };
  expect(row(requested, started(1), needsAttention)).toMatchObject({
    status: 'needs_attention',
    attention,
    failureClass: 'application',
  });
  expect(row(requested, started(1), needsAttention, retried)).toMatchObject({
    status: 'planning',
    attention: null,
    failureClass: null,
    steps: [],
  });
});

it('is ready again when an operator ends a correction that failed', () => {
  const ready: EnvironmentEvent = { type: 'environment.ready', data: { ...abcEnvironment, objectsApplied: 22 } };
  const drift = { environmentId, fingerprint: 'f' };
  const found: EnvironmentEvent = { type: 'environment.drift_found', data: { ...drift, objects: [], correct: true } };
  const resolved: EnvironmentEvent = { type: 'environment.resolved', data: { environmentId, step: 'plan', note: 'n' } };
  const mended: EnvironmentEvent = { type: 'environment.drift_corrected', data: { ...drift, by: 'us' } };
  expect(row(requested, ready, found, started(1), needsAttention, resolved, mended)).toMatchObject({
    status: 'ready',
    attention: null,
    failureClass: null,
  });
});

it('holds the marker in place of a contact who was erased, and leaves others alone', () => {
  for (const gone of erasureEventsOf(`contract:${abcEnvironment.contractId}`)) {
    expect(row(requested, gone)).toEqual({ ...row(requested), companyName: erased, administrator: erased });
  }
  for (const gone of erasureEventsOf('contract:other')) expect(row(requested, gone)).toEqual(row(requested));
});
