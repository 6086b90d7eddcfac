import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { given } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentDecider } from './environment.decider.js';
import {
  AmendEnvironment,
  ResumeEnvironment,
  StopAttempt,
  SuspendEnvironment,
  TerminateEnvironment,
} from './life-cycle.js';
import {
  context,
  dueFor,
  later,
  lease,
  outcomes,
  ready,
  requested,
  running,
  start,
  started,
  stateAfter,
  stuckAt,
  suspended,
  terminationFrom,
} from '../spec-log.js';
import { ReportProgress } from './step-outcomes.js';

const { environmentId, contractId, company, terms } = abcEnvironment;
const larger = { ...terms, userLimit: 500 };
const promised = { export: true, retentionDays: 30 };
const standing = { ...abcEnvironment, objectsApplied: 1 };

const amend = (more: Partial<AmendEnvironment['data']> = {}) =>
  new AmendEnvironment(environmentId, { company, terms: larger, ...more }, context);
const suspend = new SuspendEnvironment(environmentId, { reason: 'unpaid' }, context);
const resume = new ResumeEnvironment(environmentId, {}, context);
const terminate = new TerminateEnvironment(environmentId, { promised }, context);

const amendment: EnvironmentEvent = {
  type: 'environment.amendment_requested',
  data: { environmentId, contractId, company, terms: larger },
};
const suspension: EnvironmentEvent = { type: 'environment.suspension_requested', data: { environmentId } };
const resumption: EnvironmentEvent = { type: 'environment.resumption_requested', data: { environmentId } };
const cancellation: EnvironmentEvent = { type: 'environment.cancellation_requested', data: { environmentId } };
const available: EnvironmentEvent = { type: 'environment.available', data: { environmentId, attempt: 'b', ready: 2 } };
const smokePassed: EnvironmentEvent = {
  type: 'environment.smoke_passed',
  data: { environmentId, attempt: 'b', checked: 'GET /', status: 200 },
};

describe('what the contract wants', () => {
  it.each([
    ['other terms', amend(), amendment],
    ['a stop', suspend, { ...suspension, data: { environmentId, reason: 'unpaid' } }],
    ['its end', terminate, terminationFrom('export')],
  ])('makes the environment plan anew: %s', (_what, command, event) => {
    given(environmentDecider, ...running)
      .when(command)
      .then(event);
  });

  it.each([
    ['terms that it has', running, amend({ terms })],
    ['a stop of what is stopped', [...running, suspension, suspended], suspend],
    ['service where there is service', running, resume],
    ['an end that has begun', [...running, terminationFrom('export')], terminate],
    ['anything after the end has begun', [...running, terminationFrom('export')], amend()],
    ['service after the end', [...running, suspension, suspended, terminationFrom('export')], resume],
    ['an end after it was cancelled', [requested, cancellation], terminate],
  ])('changes nothing when it is %s', (_what, log, command) => {
    given(environmentDecider, ...log)
      .when(command)
      .thenNothing();
  });

  it('may be another contact', () => {
    const other = { ...company, email: 'new@abc-corp.example' };
    given(environmentDecider, ...running)
      .when(amend({ company: other, terms }))
      .then({ ...amendment, data: { environmentId, contractId, company: other, terms } });
  });

  it('is planned with the terms that hold by then', () => {
    expect(stateAfter(...running, amendment)).toMatchObject({
      status: 'planning',
      identity: { terms: larger },
      work: { step: 'plan', tries: 0 },
    });
  });

  it('ends what had to wait for an operator or for a next try', () => {
    const failed: EnvironmentEvent = {
      type: 'environment.step_failed',
      data: {
        environmentId,
        attempt: 'a',
        step: 'wait',
        number: 1,
        failures: 1,
        class: 'transient',
        reason: 'R',
        whatToDo: 'W',
        retryAt: later,
      },
    };
    for (const waiting of [stuckAt('wait'), failed]) {
      given(environmentDecider, ...dueFor.wait, started('wait'), waiting, amendment)
        .when(start('plan'))
        .then({ type: 'environment.step_started', data: { environmentId, ...start('plan').data } });
    }
  });
});

describe('an attempt that is overtaken', () => {
  const overtaken = [...dueFor.wait, started('wait'), amendment];
  const stopped: EnvironmentEvent = {
    type: 'environment.attempt_stopped',
    data: { environmentId, attempt: 'a', due: 'plan' },
  };

  it('may report nothing more', () => {
    const report = { attempt: 'a', ready: 1, total: 2, pending: [], leaseUntil: later };
    for (const command of [outcomes.wait('a'), new ReportProgress(environmentId, report, context)]) {
      given(environmentDecider, ...overtaken)
        .when(command)
        .thenRefused('attempt_superseded');
    }
  });

  it('keeps others away until it has let go', () => {
    given(environmentDecider, ...overtaken)
      .when(start('plan'))
      .thenRefused('attempt_running');
    given(environmentDecider, ...overtaken)
      .when(new StopAttempt(environmentId, { attempt: 'a' }, context))
      .then(stopped);
    given(environmentDecider, ...overtaken, stopped)
      .when(start('plan'))
      .then({ type: 'environment.step_started', data: { environmentId, ...start('plan').data } });
  });

  it('keeps others away no longer than its lease, when its process died', () => {
    expect(lease < later).toBe(true);
    given(environmentDecider, ...overtaken)
      .when(start('plan', 1, later))
      .then({ type: 'environment.step_started', data: { environmentId, ...start('plan', 1, later).data } });
  });

  it('does so too when it is overtaken twice', () => {
    given(environmentDecider, ...overtaken, cancellation)
      .when(start('delete'))
      .thenRefused('attempt_running');
  });

  it.each([
    ['that holds its lease', [...dueFor.wait, started('wait')]],
    ['that has let go', [...overtaken, stopped]],
    ['whose lease went to another one', [...overtaken, started('plan', 'b')]],
  ])('is no other one %s', (_what, log) => {
    given(environmentDecider, ...log)
      .when(new StopAttempt(environmentId, { attempt: 'a' }, context))
      .thenNothing();
  });
});

describe('an environment that is what it was to be', () => {
  const smoking = (...log: EnvironmentEvent[]): EnvironmentEvent[] => [...log, started('smoke', 'b')];
  const waiting = (...log: EnvironmentEvent[]): EnvironmentEvent[] => [...log, started('wait', 'b')];
  const amended = { ...standing, terms: larger, previous: terms, mode: 'running' } as const;

  it('is ready for the first time, whatever was amended on the way', () => {
    given(environmentDecider, ...smoking(...dueFor.wait, amendment))
      .when(outcomes.smoke('b'))
      .then(smokePassed, {
        type: 'environment.ready',
        data: { ...standing, terms: larger },
      });
  });

  it('runs under other terms', () => {
    given(environmentDecider, ...smoking(...running, amendment))
      .when(outcomes.smoke('b'))
      .then(smokePassed, { type: 'environment.amended', data: amended });
  });

  it('is suspended without a smoke check, and goes on to no other step', () => {
    given(environmentDecider, ...waiting(...running, suspension))
      .when(outcomes.wait('b'))
      .then(available, suspended);
    expect(stateAfter(...running, suspension, available, suspended)).toMatchObject({ status: 'suspended' });
  });

  it('is back', () => {
    const stopped = [...running, suspension, suspended, resumption];
    given(environmentDecider, ...smoking(...stopped))
      .when(outcomes.smoke('b'))
      .then(smokePassed, { type: 'environment.restored', data: standing });
    expect(stateAfter(...stopped, { type: 'environment.restored', data: standing })).toMatchObject({ status: 'ready' });
  });

  it('is back under other terms', () => {
    given(environmentDecider, ...smoking(...running, suspension, suspended, amendment, resumption))
      .when(outcomes.smoke('b'))
      .then(
        smokePassed,
        { type: 'environment.restored', data: { ...standing, terms: larger } },
        { type: 'environment.amended', data: amended },
      );
  });

  it('is amended while it is suspended, and stays so', () => {
    given(environmentDecider, ...waiting(...running, suspension, suspended, amendment))
      .when(outcomes.wait('b'))
      .then(available, {
        type: 'environment.amended',
        data: { ...amended, mode: 'suspended' },
      });
  });

  it('is ready once service begins, where it was suspended before', () => {
    given(environmentDecider, ...waiting(...dueFor.wait, suspension))
      .when(outcomes.wait('b'))
      .then(available, suspended);
    given(environmentDecider, ...smoking(...dueFor.wait, suspension, suspended, resumption))
      .when(outcomes.smoke('b'))
      .then(smokePassed, ready);
  });
});

it('knows everything that may stand, until the next application', () => {
  const planned: EnvironmentEvent = {
    type: 'environment.planned',
    data: {
      environmentId,
      attempt: 'a',
      objects: [
        { kind: 'Namespace', name: abcEnvironment.namespace },
        { kind: 'Deployment', name: 'web', namespace: abcEnvironment.namespace },
      ],
      planHash: 'h2',
      credential: { id: 'c', version: 1 },
    },
  };
  const namespace = { kind: 'Namespace', name: abcEnvironment.namespace, uid: 'u-1' };
  expect(stateAfter(...running)).toMatchObject({ inventory: [namespace] });
  expect(stateAfter(...running, amendment, planned)).toMatchObject({
    inventory: [namespace, { kind: 'Deployment', name: 'web' }],
  });
});
