import { expect, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentCostProjection } from './environment-cost.projection.js';

const { environmentId, contractId } = abcEnvironment;
const ready: EnvironmentEvent = { type: 'environment.ready', data: { ...abcEnvironment, objectsApplied: 22 } };
const holds = { plan: 'enterprise', storageQuota: '1TB', userLimit: 100, service: 'running' };

function costs(...events: EnvironmentEvent[]) {
  return projected(environmentCostProjection, recorded(events))[environmentId];
}

it('begins when the environment is ready, and names nobody', () => {
  expect(costs({ type: 'environment.requested', data: abcEnvironment })).toBeUndefined();
  expect(costs(ready)).toEqual({
    environmentId,
    contractId,
    externalId: 'CUST-2025-001',
    region: 'ap-northeast-1',
    ...holds,
    periods: [{ from: '2026-01-05T09:00:00.000Z', ...holds }],
    startedOn: '2026-01-05',
    endedOn: '9999-12-31',
  });
});

it('goes on when the environment is ready once more under the same terms', () => {
  expect(costs(ready, ready)).toEqual(costs(ready));
});

it('follows what the environment is, until its service ends', () => {
  const terms = { ...abcEnvironment.terms, userLimit: 200 };
  const amended: EnvironmentEvent = {
    type: 'environment.amended',
    data: { ...abcEnvironment, terms, previous: abcEnvironment.terms, objectsApplied: 22, mode: 'suspended' },
  };
  const suspended: EnvironmentEvent = { type: 'environment.suspended', data: { ...abcEnvironment, objectsApplied: 9 } };
  const restored: EnvironmentEvent = {
    type: 'environment.restored',
    data: { ...abcEnvironment, terms, objectsApplied: 22 },
  };
  const deleteAt = '2026-04-05T09:00:00.000Z';
  const retained: EnvironmentEvent = { type: 'environment.retained', data: { ...abcEnvironment, deleteAt } };
  const deleted: EnvironmentEvent = {
    type: 'environment.deleted',
    data: { ...abcEnvironment, attempt: 'a', why: 'terminated', objects: [] },
  };
  const at = (minute: number) => `2026-01-05T09:0${minute}:00.000Z`;
  const row = costs(ready, suspended, amended, restored, retained, deleted);
  expect(row).toMatchObject({ userLimit: 200, service: 'running', endedOn: '2026-01-05' });
  expect(row?.periods).toEqual([
    { from: at(0), ...holds },
    { from: at(1), ...holds, service: 'suspended' },
    { from: at(2), ...holds, service: 'suspended', userLimit: 200 },
    { from: at(3), ...holds, userLimit: 200 },
  ]);
  expect(costs(deleted)).toBeUndefined();
});
