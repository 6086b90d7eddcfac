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
