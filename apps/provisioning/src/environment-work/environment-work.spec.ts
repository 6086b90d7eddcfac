import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentWorkProjection } from './environment-work.projection.js';

const { environmentId } = abcEnvironment;
const attempt = { environmentId, attempt: 'a' };
const leaseUntil = '2026-01-05T09:00:15.000Z';

const requested: EnvironmentEvent = { type: 'environment.requested', data: abcEnvironment };
const started: EnvironmentEvent = {
  type: 'environment.step_started',
  data: { ...attempt, step: 'plan', number: 1, leaseUntil },
};
const planned: EnvironmentEvent = {
  type: 'environment.planned',
  data: { ...attempt, objects: [], planHash: 'h', credential: { id: 'c', version: 1 } },
};
const progressed: EnvironmentEvent = {
  type: 'environment.progressed',
  data: { ...attempt, ready: 0, total: 2, pending: [], leaseUntil: '2026-01-05T09:00:20.000Z' },
};
const needsAttention: EnvironmentEvent = {
  type: 'environment.needs_attention',
  data: { ...attempt, step: 'plan', class: 'application', reason: 'r', whatToDo: 'w' },
};
const ready: EnvironmentEvent = { type: 'environment.ready', data: { ...abcEnvironment, objectsApplied: 22 } };
const retried: EnvironmentEvent = { type: 'environment.retry_requested', data: { environmentId } };

function due(...events: EnvironmentEvent[]) {
  return projected(environmentWorkProjection, recorded(events))[environmentId];
}

it('is the first step at once', () => {
  expect(due(requested)).toEqual({
    environmentId,
    purpose: 'step',
    step: 'plan',
    number: 1,
    dueAt: new Date('2026-01-05T09:00:00.000Z'),
    attempt: null,
    correlationId: 'spec',
  });
});

it('is the next try of a step when its lease ends', () => {
  expect(due(requested, started)).toMatchObject({ step: 'plan', number: 2, dueAt: new Date(leaseUntil) });
  expect(due(requested, started, progressed)).toMatchObject({ number: 2, dueAt: new Date('2026-01-05T09:00:20.000Z') });
});

it('is the next step when one is done', () => {
  expect(due(requested, started, planned)).toMatchObject({
    step: 'validate',
    number: 1,
    dueAt: new Date('2026-01-05T09:02:00.000Z'),
  });
});

it('is nothing when the environment is ready or needs attention, until somebody retries', () => {
  expect(due(requested, ready)).toBeUndefined();
  expect(due(requested, started, needsAttention)).toBeUndefined();
  expect(due(requested, started, needsAttention, retried)).toMatchObject({ step: 'plan', number: 1 });
});

const failure = { class: 'transient', reason: 'r', whatToDo: 'w' } as const;
const at = '2026-01-05T09:05:00.000Z';

it('is the next try after its pause', () => {
  const data = { ...attempt, step: 'plan', number: 1, failures: 1, ...failure, retryAt: at } as const;
  expect(due(requested, started, { type: 'environment.step_failed', data })).toMatchObject({
    purpose: 'step',
    step: 'plan',
    number: 2,
    dueAt: new Date(at),
  });
});

it('is the next try at once when the cluster was away', () => {
  const data = { ...attempt, step: 'plan', number: 1, clusterId: 'default', reason: 'r' } as const;
  expect(due(requested, started, { type: 'environment.postponed', data })).toMatchObject({
    step: 'plan',
    number: 2,
    dueAt: new Date('2026-01-05T09:02:00.000Z'),
  });
});

it('is the whole work anew with another version', () => {
  const data = { ...attempt, step: 'wait', ...failure, from: 'app:2', to: 'app:1' } as const;
  expect(due(requested, started, { type: 'environment.version_replaced', data })).toMatchObject({
    step: 'plan',
    number: 1,
  });
});

it('is a look whether there is room, and then the step that had none', () => {
  const data = { ...attempt, step: 'wait', ...failure, recheckAt: at } as const;
  const short: EnvironmentEvent = { type: 'environment.needs_attention', data };
  const again = '2026-01-05T09:10:00.000Z';
  const rechecked: EnvironmentEvent = {
    type: 'environment.rechecked',
    data: { environmentId, number: 1, reason: 'r', recheckAt: again },
  };
  const resumed: EnvironmentEvent = { type: 'environment.resumed', data: { environmentId, step: 'wait' } };
  expect(due(requested, short)).toMatchObject({ purpose: 'recheck', step: 'wait', number: 1, dueAt: new Date(at) });
  expect(due(requested, short, rechecked)).toMatchObject({ purpose: 'recheck', number: 2, dueAt: new Date(again) });
  expect(due(requested, short, rechecked, resumed)).toMatchObject({ purpose: 'step', step: 'wait', number: 1 });
  expect(due(requested, short, retried)).toMatchObject({ purpose: 'step', step: 'plan', number: 1 });
});

describe('when something else is wanted', () => {
  const { contractId, company, terms } = abcEnvironment;
  const amended: EnvironmentEvent = {
    type: 'environment.amendment_requested',
    data: { environmentId, contractId, company, terms },
  };
  const cancelled: EnvironmentEvent = { type: 'environment.cancellation_requested', data: { environmentId } };
  const stopped: EnvironmentEvent = {
    type: 'environment.attempt_stopped',
    data: { environmentId, attempt: 'a', due: 'plan' },
  };

  it('is the plan at once, of an environment that rests or waits', () => {
    const at = { purpose: 'step', step: 'plan', number: 1, dueAt: new Date('2026-01-05T09:02:00.000Z') };
    expect(due(requested, ready, amended)).toMatchObject(at);
    expect(due(requested, needsAttention, amended)).toMatchObject(at);
  });

  it('is not due before whoever is at work has let go, or their lease is over', () => {
    const lease = new Date('2026-01-05T09:05:00.000Z');
    const working: EnvironmentEvent = {
      type: 'environment.step_started',
      data: { ...attempt, step: 'wait', number: 3, leaseUntil: lease.toISOString() },
    };
    expect(due(requested, working, amended)).toMatchObject({ step: 'plan', number: 1, dueAt: lease });
    expect(due(requested, working, amended, cancelled)).toMatchObject({ step: 'delete', number: 1, dueAt: lease });
    expect(due(requested, working, amended, stopped)).toMatchObject({
      step: 'plan',
      number: 1,
      dueAt: new Date('2026-01-05T09:03:00.000Z'),
    });
  });

  it('is the end that was promised', () => {
    const ended: EnvironmentEvent = {
      type: 'environment.termination_requested',
      data: { environmentId, promised: { export: true, retentionDays: 30 }, from: 'export' },
    };
    const exported: EnvironmentEvent = { type: 'environment.exported', data: { ...attempt, location: 'l' } };
    const deleteAt = '2026-02-04T09:00:00.000Z';
    const retained: EnvironmentEvent = { type: 'environment.retained', data: { ...abcEnvironment, deleteAt } };
    expect(due(requested, ready, ended)).toMatchObject({ step: 'export', number: 1 });
    expect(due(requested, ready, ended, exported)).toMatchObject({ step: 'plan', number: 1 });
    expect(due(requested, ready, ended, retained)).toMatchObject({ step: 'delete', dueAt: new Date(deleteAt) });
    expect(due(requested, cancelled)).toMatchObject({ step: 'delete', number: 1 });
    const mended: EnvironmentEvent = {
      type: 'environment.drift_corrected',
      data: { environmentId, fingerprint: 'f', by: 'us' },
    };
    for (const order of [
      [mended, retained],
      [retained, mended],
    ]) {
      expect(due(requested, ready, ended, ...order)).toMatchObject({ step: 'delete', dueAt: new Date(deleteAt) });
    }
  });
});
