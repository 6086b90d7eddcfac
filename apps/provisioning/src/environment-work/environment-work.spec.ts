import { expect, it } from 'vitest';
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
    step: 'plan',
    number: 1,
    dueAt: new Date('2026-01-05T09:00:00.000Z'),
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
