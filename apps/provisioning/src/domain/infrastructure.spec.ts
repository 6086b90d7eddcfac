import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { given } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { context, dueFor, lease, outcomes, requested, start, started, stateAfter, stuckAt } from '../spec-log.js';
import { environmentDecider } from './environment.decider.js';
import { RetryEnvironment } from './manual-handling.js';
import { RequestInfrastructure } from './step-outcomes.js';

const { environmentId } = abcEnvironment;
const request = { attempt: 'a', provider: 'aws-eks', cluster: 'cust-2025-001-cluster', moduleHash: 'm' } as const;
const wanted: EnvironmentEvent = {
  type: 'environment.infrastructure_requested',
  data: { environmentId, ...request },
};
const built: EnvironmentEvent = {
  type: 'environment.infrastructure_ready',
  data: { environmentId, attempt: 'b', clusterId: 'dedicated-1', endpoint: 'https://e' },
};
const placed: EnvironmentEvent = { type: 'environment.placed', data: { environmentId, clusterId: 'dedicated-1' } };

describe('an environment on a cluster of its own', () => {
  it('has it built in place of a plan, by the same worker', () => {
    const next = { attempt: 'b', until: lease };
    given(environmentDecider, requested, started('plan'))
      .when(new RequestInfrastructure(environmentId, { ...request, next }, context))
      .then(wanted, started('infrastructure', 'b'));
  });

  it('is planned when its cluster stands, and stands there for life', () => {
    const due = [...dueFor.infrastructure, started('infrastructure', 'b')];
    given(environmentDecider, ...due)
      .when(outcomes.infrastructure('b'))
      .then(built, placed);
    given(environmentDecider, ...due, built, placed)
      .when(start('plan'))
      .then({ type: 'environment.step_started', data: { environmentId, ...start('plan').data } });
    expect(stateAfter(...due, built, placed)).toMatchObject({
      clusterId: 'dedicated-1',
      infrastructure: { wanted: 'm', built: 'm' },
    });
  });

  it('stays there when its cluster is changed later', () => {
    const log = [...dueFor.infrastructure, started('infrastructure', 'b'), built, placed, started('plan', 'a'), wanted];
    given(environmentDecider, ...log, started('infrastructure', 'b'))
      .when(outcomes.infrastructure('b'))
      .then(built);
  });

  it('can be retried from the plan or from the building, when that failed', () => {
    for (const from of ['plan', 'infrastructure'] as const) {
      given(environmentDecider, ...dueFor.infrastructure, stuckAt('infrastructure'))
        .when(new RetryEnvironment(environmentId, { from }, context))
        .then({ type: 'environment.retry_requested', data: { environmentId, from } });
    }
  });
});

it('nothing is built by a retry of an environment that has no cluster of its own', () => {
  given(environmentDecider, ...dueFor.validate, stuckAt('validate'))
    .when(new RetryEnvironment(environmentId, { from: 'infrastructure' }, context))
    .thenRefused('retry_not_possible');
});
