import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentDecider } from './environment.decider.js';
import { AbandonEnvironment, CorrectEnvironment, ResolveEnvironment, RetryEnvironment } from './manual-handling.js';

const { environmentId, terms } = abcEnvironment;
const context = testContext();
const attempt = { environmentId, attempt: 'a' };
const requested: EnvironmentEvent = { type: 'environment.requested', data: abcEnvironment };
const applied: EnvironmentEvent = {
  type: 'environment.applied',
  data: { ...attempt, objects: [{ kind: 'Namespace', name: 'n', uid: 'u', outcome: 'created' }] },
};
const stuckAt = (step: 'plan' | 'wait'): EnvironmentEvent => ({
  type: 'environment.needs_attention',
  data: { ...attempt, step, class: 'configuration', reason: 'R', whatToDo: 'W' },
});
const stuck = [requested, applied, stuckAt('wait')];
const ready: EnvironmentEvent = { type: 'environment.ready', data: { ...abcEnvironment, objectsApplied: 1 } };
const stateAfter = (...events: EnvironmentEvent[]) =>
  events.reduce(environmentDecider.evolve, environmentDecider.initialState);

describe('a retry', () => {
  it.each(['plan', 'apply', 'wait'] as const)('can begin with %s, up to the step that failed', (from) => {
    const retried: EnvironmentEvent = { type: 'environment.retry_requested', data: { environmentId, from } };
    given(environmentDecider, ...stuck)
      .when(new RetryEnvironment(environmentId, { from }, context))
      .then(retried);
    expect(stateAfter(...stuck, retried)).toMatchObject({ work: { step: from, tries: 0 } });
  });

  it('can not begin after the step that failed', () => {
    given(environmentDecider, ...stuck)
      .when(new RetryEnvironment(environmentId, { from: 'smoke' }, context))
      .thenRefused('retry_not_possible');
  });
});

describe('a resolution by hand', () => {
  const resolve = new ResolveEnvironment(environmentId, { note: 'Started by hand' }, context);

  it('makes the environment ready, with the note', () => {
    const data = { environmentId, step: 'wait', note: 'Started by hand' } as const;
    given(environmentDecider, ...stuck)
      .when(resolve)
      .then({ type: 'environment.resolved', data }, ready);
  });

  it('needs something that stands in the cluster', () => {
    given(environmentDecider, requested, stuckAt('plan')).when(resolve).thenRefused('resolve_not_possible');
  });
});

describe('a correction', () => {
  const correct = (data: CorrectEnvironment['data']) => new CorrectEnvironment(environmentId, data, context);
  const settings: EnvironmentEvent = {
    type: 'environment.settings_corrected',
    data: { environmentId, terms: { ...terms, region: 'us-east-1' }, note: 'A typo' },
  };
  const version: EnvironmentEvent = { type: 'environment.version_chosen', data: { environmentId, image: 'app:1' } };

  it('changes settings, and the plan is due with them', () => {
    given(environmentDecider, ...stuck)
      .when(correct({ terms: { region: 'us-east-1' }, note: 'A typo' }))
      .then(settings);
    expect(stateAfter(...stuck, settings)).toMatchObject({
      identity: { terms: { plan: 'enterprise', region: 'us-east-1' } },
      work: { step: 'plan' },
    });
  });

  it('chooses a version, which a later retry keeps', () => {
    given(environmentDecider, ...stuck)
      .when(correct({ image: 'app:1' }))
      .then(version);
    const retried: EnvironmentEvent = { type: 'environment.retry_requested', data: { environmentId } };
    expect(stateAfter(...stuck, version, stuckAt('wait'), retried)).toMatchObject({
      version: { image: 'app:1', by: 'operator' },
      work: { step: 'plan' },
    });
  });

  it('may do both', () => {
    given(environmentDecider, ...stuck)
      .when(correct({ terms: { region: 'us-east-1' }, image: 'app:1', note: 'A typo' }))
      .then(settings, { type: 'environment.version_chosen', data: { environmentId, image: 'app:1', note: 'A typo' } });
  });

  const shrunk = correct({ terms: { storageQuota: '500GB' } });
  it.each([
    ['what was applied last', stuck],
    ['what it was when it last came to rest', [...stuck, ready, stuckAt('plan')]],
  ])('never makes a volume smaller than %s', (_what, log) => {
    given(environmentDecider, ...log)
      .when(shrunk)
      .thenRefused('correction_not_possible');
  });

  it('may ask for less where nothing stands yet', () => {
    given(environmentDecider, requested, stuckAt('plan'))
      .when(shrunk)
      .then({
        type: 'environment.settings_corrected',
        data: { environmentId, terms: { ...terms, storageQuota: '500GB' } },
      });
  });

  it.each([{}, { terms: { region: terms.region } }])('is refused when it changes nothing: %j', (data) => {
    given(environmentDecider, ...stuck)
      .when(correct(data))
      .thenRefused('correction_not_possible');
  });
});

describe('an abandonment', () => {
  const abandon = new AbandonEnvironment(environmentId, { note: 'A test' }, context);
  const cancelled: EnvironmentEvent = {
    type: 'environment.cancellation_requested',
    data: { environmentId, reason: 'A test' },
  };

  it.each([
    ['waits for an operator', stuck],
    ['is being worked on', [requested]],
  ])('deletes what stands of an environment that %s', (_what, log) => {
    given(environmentDecider, ...log)
      .when(abandon)
      .then(cancelled);
  });

  it.each([
    ['was ever ready', [requested, ready]],
    ['ends already', [requested, cancelled]],
  ])('is refused for one that %s', (_what, log) => {
    given(environmentDecider, ...log)
      .when(abandon)
      .thenRefused('cancel_not_possible');
  });
});

it.each([
  [new RetryEnvironment(environmentId, {}, context), 'retry_not_possible'],
  [new ResolveEnvironment(environmentId, { note: 'n' }, context), 'resolve_not_possible'],
  [new CorrectEnvironment(environmentId, { image: 'app:1' }, context), 'correction_not_possible'],
] as const)('$0.type is for environments that need attention', (command, code) => {
  for (const log of [[requested], [...stuck, ready]]) {
    given(environmentDecider, ...log)
      .when(command)
      .thenRefused(code);
  }
});
