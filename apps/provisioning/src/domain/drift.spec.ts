import { describe, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { given } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { context, dueFor, outcomes, running, started, stuckAt, suspended, terminationFrom } from '../spec-log.js';
import { RecordDrift } from './drift.js';
import { environmentDecider } from './environment.decider.js';
import { AmendEnvironment } from './life-cycle.js';
import { ResolveEnvironment } from './manual-handling.js';

const { environmentId, contractId, company, terms } = abcEnvironment;
const objects = [
  {
    kind: 'Deployment',
    name: 'files',
    namespace: abcEnvironment.namespace,
    what: 'changed',
    fields: [{ field: 'spec.replicas', found: '3', planned: '1' }],
  },
] as const;
const record = (more: Partial<RecordDrift['data']> = {}) =>
  new RecordDrift(
    environmentId,
    { planHash: 'h', appliesBegun: 1, fingerprint: 'f', objects, correct: false, ...more },
    context,
  );
const nothing = new RecordDrift(
  environmentId,
  { planHash: 'h', appliesBegun: 1, objects: [], correct: false },
  context,
);

const found = (correct: boolean, fingerprint = 'f'): EnvironmentEvent => ({
  type: 'environment.drift_found',
  data: { environmentId, fingerprint, objects, correct },
});
const corrected = (by: 'us' | 'somebody'): EnvironmentEvent => ({
  type: 'environment.drift_corrected',
  data: { environmentId, fingerprint: 'f', by },
});
const again: readonly EnvironmentEvent[] = [
  started('wait'),
  { type: 'environment.available', data: { environmentId, attempt: 'a', ready: 2 } },
  started('smoke'),
];

describe('what somebody changed by hand', () => {
  it('is told once', () => {
    given(environmentDecider, ...running)
      .when(record())
      .then(found(false));
    given(environmentDecider, ...running, found(false))
      .when(record())
      .then();
  });

  it('is told again when it is something else, or when it had gone in between', () => {
    given(environmentDecider, ...running, found(false))
      .when(record({ fingerprint: 'g' }))
      .then(found(false, 'g'));
    given(environmentDecider, ...running, found(false), corrected('somebody'))
      .when(record())
      .then(found(false));
  });

  it('is over when it is found no more', () => {
    given(environmentDecider, ...running, found(false))
      .when(nothing)
      .then(corrected('somebody'));
    given(environmentDecider, ...running)
      .when(nothing)
      .then();
  });

  it('is looked for in a suspended environment too', () => {
    given(environmentDecider, ...running, suspended)
      .when(record())
      .then(found(false));
  });

  it.each([
    ['another plan', { planHash: 'older' }],
    ['what stood before the last application', { appliesBegun: 0 }],
  ])('is of no interest when it was compared with %s', (_what, more) => {
    given(environmentDecider, ...running)
      .when(record(more))
      .then();
  });

  it('is of no interest while something is due', () => {
    given(environmentDecider, ...dueFor.wait)
      .when(record())
      .then();
  });
});

describe('a correction', () => {
  it('applies the plan again, and is all that has come about then', () => {
    given(environmentDecider, ...running)
      .when(record({ correct: true }))
      .then(found(true));
    const smoke = {
      type: 'environment.smoke_passed',
      data: { environmentId, attempt: 'a', checked: 'GET /', status: 200 },
    };
    given(environmentDecider, ...running, found(true), ...again)
      .when(outcomes.smoke('a'))
      .then(smoke as EnvironmentEvent, corrected('us'));
  });

  it('leaves the environment as it was, ready to be looked at again', () => {
    given(environmentDecider, ...running, found(true), ...again, corrected('us'))
      .when(record())
      .then(found(false));
  });

  it('gives way to what the contract wants, which mends it too', () => {
    const larger = { ...terms, userLimit: 500 };
    const amendment: EnvironmentEvent = {
      type: 'environment.amendment_requested',
      data: { environmentId, contractId, company, terms: larger },
    };
    given(environmentDecider, ...running, found(true))
      .when(new AmendEnvironment(environmentId, { company, terms: larger }, context))
      .then(amendment);
    const smoke = {
      type: 'environment.smoke_passed',
      data: { environmentId, attempt: 'a', checked: 'GET /', status: 200 },
    };
    const standing = { ...abcEnvironment, terms: larger, objectsApplied: 1 };
    given(environmentDecider, ...running, found(true), amendment, ...again)
      .when(outcomes.smoke('a'))
      .then(smoke as EnvironmentEvent, corrected('us'), {
        type: 'environment.amended',
        data: { ...standing, previous: terms, mode: 'running' },
      });
  });

  it('gives way to the end of the contract, which has the last word', () => {
    const available: EnvironmentEvent = {
      type: 'environment.available',
      data: { environmentId, attempt: 'a', ready: 2 },
    };
    const deleteAt = '2026-02-04T09:00:00.000Z';
    given(environmentDecider, ...running, found(false), terminationFrom('plan'), started('wait'))
      .when(outcomes.wait('a'))
      .then(available, corrected('us'), { type: 'environment.retained', data: { ...abcEnvironment, deleteAt } });
  });

  const other = { ...terms, region: 'us-east-1' };
  const settings: EnvironmentEvent = { type: 'environment.settings_corrected', data: { environmentId, terms: other } };
  const version: EnvironmentEvent = { type: 'environment.version_chosen', data: { environmentId, image: 'app:1' } };

  it.each([
    ['other settings', settings, other],
    ['another version', version, terms],
  ])('that failed and was helped by %s is told with what came of it', (_what, help, now) => {
    const note = 'By hand';
    given(environmentDecider, ...running, found(true), stuckAt('plan'), help, stuckAt('wait'))
      .when(new ResolveEnvironment(environmentId, { note }, context))
      .then({ type: 'environment.resolved', data: { environmentId, step: 'wait', note } }, corrected('us'), {
        type: 'environment.amended',
        data: { ...abcEnvironment, terms: now, objectsApplied: 1, previous: terms, mode: 'running' },
      });
  });
});
