import { expect, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentBuildProjection } from './environment-build.projection.js';

const { environmentId, terms } = abcEnvironment;
const requested: EnvironmentEvent = { type: 'environment.requested', data: abcEnvironment };
const ready: EnvironmentEvent = { type: 'environment.ready', data: { ...abcEnvironment, objectsApplied: 22 } };
const failed: EnvironmentEvent = {
  type: 'environment.needs_attention',
  data: { environmentId, attempt: 'a', step: 'plan', class: 'application', reason: 'r', whatToDo: 'w' },
};

function build(...events: EnvironmentEvent[]) {
  return projected(environmentBuildProjection, recorded(events))[environmentId];
}

it('takes the time from the request to the first time that the environment is ready', () => {
  const built = build(requested, failed, ready);
  expect(built).toMatchObject({
    plan: 'enterprise',
    region: 'ap-northeast-1',
    builtAt: new Date('2026-01-05T09:02:00.000Z'),
    buildSeconds: 120,
    failedAt: new Date('2026-01-05T09:01:00.000Z'),
  });
  expect(build(requested, failed, ready, ready)).toEqual({
    ...built,
    succeededAt: new Date('2026-01-05T09:03:00.000Z'),
  });
});

it('counts an environment under the plan and region that it was corrected to', () => {
  const corrected: EnvironmentEvent = {
    type: 'environment.settings_corrected',
    data: { environmentId, terms: { ...terms, region: 'us-east-1' } },
  };
  expect(build(requested, failed, corrected)).toMatchObject({ plan: 'enterprise', region: 'us-east-1', builtAt: null });
});

it('counts what else came to a good end, and leaves the time of the build alone', () => {
  const terms = { ...abcEnvironment.terms, plan: 'business' };
  const amended: EnvironmentEvent = {
    type: 'environment.amended',
    data: { ...abcEnvironment, terms, previous: abcEnvironment.terms, objectsApplied: 22, mode: 'running' },
  };
  expect(build(requested, ready, failed, amended)).toMatchObject({
    plan: 'business',
    buildSeconds: 60,
    succeededAt: new Date('2026-01-05T09:03:00.000Z'),
  });
});
