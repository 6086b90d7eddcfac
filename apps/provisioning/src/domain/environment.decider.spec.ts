import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import {
  CompleteApply,
  CompleteDryRun,
  CompletePlan,
  CompleteSmoke,
  CompleteValidation,
  CompleteWait,
  type EnvironmentCommand,
  environmentDecider,
  IssueCredentialLink,
  RedeemCredential,
  ReportProgress,
  RequestEnvironment,
  StartStep,
} from './environment.decider.js';
import { FailStep } from './failure-handling.js';
import { RetryEnvironment } from './manual-handling.js';

const { environmentId, ...identity } = abcEnvironment;
const context = testContext({ occurredAt: '2026-01-05T09:00:00.000Z' });
const lease = '2026-01-05T09:00:15.000Z';
const later = '2026-01-05T09:00:16.000Z';

const requested: EnvironmentEvent = { type: 'environment.requested', data: abcEnvironment };
const ready: EnvironmentEvent = {
  type: 'environment.ready',
  data: { ...abcEnvironment, objectsApplied: 1 },
};
const applied = [{ kind: 'Namespace', name: identity.namespace, uid: 'u-1', outcome: 'created' }] as const;
const credential = { id: '3f2e3d4c-0000-5000-8000-000000000000', version: 1 };

function started(step: EnvironmentStep, attempt: string, number = 1): EnvironmentEvent {
  return { type: 'environment.step_started', data: { environmentId, step, number, attempt, leaseUntil: lease } };
}

const planned: EnvironmentEvent = {
  type: 'environment.planned',
  data: { environmentId, attempt: 'a', objects: [], planHash: 'h', credential },
};
const validated: EnvironmentEvent = {
  type: 'environment.validated',
  data: { environmentId, attempt: 'a', objects: 1 },
};
const dryRunPassed: EnvironmentEvent = {
  type: 'environment.dry_run_passed',
  data: { environmentId, attempt: 'a', objects: 1, warnings: [] },
};
const appliedAll: EnvironmentEvent = {
  type: 'environment.applied',
  data: { environmentId, attempt: 'a', objects: applied },
};
const available: EnvironmentEvent = { type: 'environment.available', data: { environmentId, attempt: 'a', ready: 2 } };
const needsAttention: EnvironmentEvent = {
  type: 'environment.needs_attention',
  data: {
    environmentId,
    attempt: 'a',
    step: 'apply',
    class: 'resource_shortage',
    reason: 'Quota',
    whatToDo: 'Raise it',
  },
};
const retried: EnvironmentEvent = { type: 'environment.retry_requested', data: { environmentId } };

/** What stands in the log when a step is due. */
const dueFor: Readonly<Record<EnvironmentStep, readonly EnvironmentEvent[]>> = {
  plan: [requested],
  validate: [requested, started('plan', 'a'), planned],
  'dry-run': [requested, started('plan', 'a'), planned, validated],
  apply: [requested, started('plan', 'a'), planned, validated, dryRunPassed],
  wait: [requested, started('plan', 'a'), planned, validated, dryRunPassed, appliedAll],
  smoke: [requested, started('plan', 'a'), planned, validated, dryRunPassed, appliedAll, available],
};
const steps = Object.keys(dueFor) as EnvironmentStep[];

const outcomes: Readonly<Record<EnvironmentStep, (attempt: string) => EnvironmentCommand>> = {
  plan: (attempt) => new CompletePlan(environmentId, { attempt, objects: [], planHash: 'h', credential }, context),
  validate: (attempt) => new CompleteValidation(environmentId, { attempt, objects: 1 }, context),
  'dry-run': (attempt) => new CompleteDryRun(environmentId, { attempt, objects: 1, warnings: [] }, context),
  apply: (attempt) => new CompleteApply(environmentId, { attempt, objects: applied }, context),
  wait: (attempt) => new CompleteWait(environmentId, { attempt, ready: 2 }, context),
  smoke: (attempt) => new CompleteSmoke(environmentId, { attempt, checked: 'GET /', status: 200 }, context),
};

function start(step: EnvironmentStep, number = 1, occurredAt = context.occurredAt): StartStep {
  const data = { step, number, attempt: 'b', leaseUntil: '2026-01-05T09:01:00.000Z' };
  return new StartStep(environmentId, data, { ...context, occurredAt });
}

const found = { class: 'configuration', reason: 'No such field', whatToDo: 'Correct it' } as const;

function fail(step: EnvironmentStep, attempt: string): FailStep {
  const pauses = { firstMs: 1_000, jitter: 1 };
  return new FailStep(environmentId, { attempt, step, ...found, retry: pauses, recheck: pauses, images: [] }, context);
}

describe('a request', () => {
  it('makes an environment', () => {
    given(environmentDecider)
      .when(new RequestEnvironment(environmentId, identity, context))
      .then(requested);
  });

  it('changes nothing when there is one', () => {
    given(environmentDecider, requested)
      .when(new RequestEnvironment(environmentId, identity, context))
      .thenNothing();
  });

  it.each([start('plan'), fail('plan', 'a'), new RetryEnvironment(environmentId, {}, context)])(
    'must come before $type',
    (command) => {
      given(environmentDecider).when(command).thenRefused('environment_not_found');
    },
  );
});

describe.each(steps)('the step %s', (step) => {
  const due = dueFor[step];

  it('is leased to one attempt', () => {
    given(environmentDecider, ...due)
      .when(start(step))
      .then({ type: 'environment.step_started', data: { environmentId, ...start(step).data } });
  });

  it('is refused to a second attempt while the lease lasts', () => {
    given(environmentDecider, ...due, started(step, 'a'))
      .when(start(step, 2))
      .thenRefused('attempt_running');
  });

  it('is leased anew when the lease has run out', () => {
    given(environmentDecider, ...due, started(step, 'a'))
      .when(start(step, 2, later))
      .then({ type: 'environment.step_started', data: { environmentId, ...start(step, 2).data } });
  });

  it('is refused under the number of an earlier try', () => {
    given(environmentDecider, ...due, started(step, 'a'))
      .when(start(step, 1, later))
      .thenRefused('step_not_due');
  });

  it.each(steps.filter((other) => other !== step))('is refused while %s is due', (other) => {
    given(environmentDecider, ...dueFor[other])
      .when(start(step))
      .thenRefused('step_not_due');
  });

  it('ends by the attempt that holds it', () => {
    const state = [...due, started(step, 'b')].reduce(environmentDecider.evolve, environmentDecider.initialState);
    expect(environmentDecider.decide(outcomes[step]('b'), state)).not.toEqual([]);
  });

  it('ignores the outcome of an attempt that was overtaken', () => {
    given(environmentDecider, ...due, started(step, 'a'), started(step, 'b', 2))
      .when(outcomes[step]('a'))
      .thenNothing();
  });

  it('ignores the outcome of another step', () => {
    const other = step === 'plan' ? 'validate' : 'plan';
    given(environmentDecider, ...due, started(step, 'b'))
      .when(outcomes[other]('b'))
      .thenNothing();
  });

  it('needs attention when it fails', () => {
    given(environmentDecider, ...due, started(step, 'b'))
      .when(fail(step, 'b'))
      .then(
        { type: 'environment.needs_attention', data: { environmentId, attempt: 'b', step, ...found } },
        { type: 'environment.failed', data: { ...abcEnvironment, cause: 'configuration' } },
      );
  });

  it('ignores the failure of an attempt that was overtaken', () => {
    given(environmentDecider, ...due, started(step, 'a'), started(step, 'b', 2))
      .when(fail(step, 'a'))
      .thenNothing();
  });
});

describe('a worker that goes on', () => {
  const next = { attempt: 'c', until: later };
  const ends: readonly [EnvironmentCommand, EnvironmentStep][] = [
    [new CompletePlan(environmentId, { attempt: 'b', objects: [], planHash: 'h', credential, next }, context), 'plan'],
    [new CompleteValidation(environmentId, { attempt: 'b', objects: 1, next }, context), 'validate'],
    [new CompleteDryRun(environmentId, { attempt: 'b', objects: 1, warnings: [], next }, context), 'dry-run'],
    [new CompleteApply(environmentId, { attempt: 'b', objects: applied, next }, context), 'apply'],
    [new CompleteWait(environmentId, { attempt: 'b', ready: 2, next }, context), 'wait'],
  ];

  it.each(ends)('leases the next step in the append of $type', (command, step) => {
    const state = [...dueFor[step], started(step, 'b')].reduce(
      environmentDecider.evolve,
      environmentDecider.initialState,
    );
    const [withoutNext] = environmentDecider.decide(outcomes[step]('b'), state) as readonly EnvironmentEvent[];
    const start = { environmentId, step: steps[steps.indexOf(step) + 1]!, number: 1, attempt: 'c', leaseUntil: later };
    given(environmentDecider, ...dueFor[step], started(step, 'b'))
      .when(command)
      .then(withoutNext!, { type: 'environment.step_started', data: start });
  });

  it.each(ends)('hears with $type that it was overtaken, so that it stops', (command, step) => {
    given(environmentDecider, ...dueFor[step], started(step, 'a'), started(step, 'z', 2))
      .when(command)
      .thenRefused('attempt_superseded');
  });
});

it('knows how often somebody began to apply, over retries too', () => {
  const applying = [...dueFor.apply, started('apply', 'a')];
  const count = (...events: EnvironmentEvent[]): unknown =>
    events.reduce(environmentDecider.evolve, environmentDecider.initialState);
  expect(count(...dueFor.apply)).toMatchObject({ appliesBegun: 0 });
  expect(count(...applying)).toMatchObject({ appliesBegun: 1 });
  const again = [...applying, started('apply', 'b', 2), needsAttention, retried];
  expect(count(...again)).toMatchObject({ appliesBegun: 2 });
});

it('is ready with the smoke check, in one append', () => {
  given(environmentDecider, ...dueFor.smoke, started('smoke', 'b'))
    .when(outcomes.smoke('b'))
    .then(
      { type: 'environment.smoke_passed', data: { environmentId, attempt: 'b', checked: 'GET /', status: 200 } },
      ready,
    );
});

describe('progress', () => {
  const progress = { attempt: 'a', ready: 1, total: 2, pending: ['Deployment web'], leaseUntil: later };

  it('renews the lease', () => {
    const renewed: EnvironmentEvent = { type: 'environment.progressed', data: { environmentId, ...progress } };
    given(environmentDecider, ...dueFor.wait, started('wait', 'a'))
      .when(new ReportProgress(environmentId, progress, context))
      .then(renewed);
    given(environmentDecider, ...dueFor.wait, started('wait', 'a'), renewed)
      .when(start('wait', 2, '2026-01-05T09:00:15.500Z'))
      .thenRefused('attempt_running');
  });

  it('is refused to an attempt that was overtaken, so that it stops', () => {
    given(environmentDecider, ...dueFor.wait, started('wait', 'a'), started('wait', 'b', 2))
      .when(new ReportProgress(environmentId, progress, context))
      .thenRefused('attempt_superseded');
  });
});

describe('an environment that needs attention', () => {
  const stuck = [...dueFor.apply, started('apply', 'a'), needsAttention];

  it.each(steps)('lets nobody start %s', (step) => {
    given(environmentDecider, ...stuck)
      .when(start(step))
      .thenRefused('step_not_due');
  });

  it('goes back to the plan when somebody asks for it', () => {
    given(environmentDecider, ...stuck)
      .when(new RetryEnvironment(environmentId, { note: 'quota raised' }, context))
      .then({ type: 'environment.retry_requested', data: { environmentId, note: 'quota raised' } });
    given(environmentDecider, ...stuck, retried)
      .when(start('plan'))
      .then({ type: 'environment.step_started', data: { environmentId, ...start('plan').data } });
  });

  it.each([requested, ready])('is the only one that can be retried, not one after $type', (event) => {
    given(environmentDecider, requested, event)
      .when(new RetryEnvironment(environmentId, {}, context))
      .thenRefused('retry_not_possible');
  });
});

describe('a credential link', () => {
  const issue = new IssueCredentialLink(environmentId, { linkId: 'l', expiresAt: later }, context);
  const issued: EnvironmentEvent = {
    type: 'environment.credential_link_issued',
    data: { environmentId, linkId: 'l', expiresAt: later },
  };
  const redeem = new RedeemCredential(environmentId, { linkId: 'l' }, context);
  const redeemed: EnvironmentEvent = {
    type: 'environment.credential_redeemed',
    data: { environmentId, linkId: 'l' },
  };

  it('is issued once the environment is ready', () => {
    given(environmentDecider, requested).when(issue).thenRefused('environment_not_ready');
    given(environmentDecider, requested, ready).when(issue).then(issued);
    given(environmentDecider, requested, ready, issued).when(issue).thenNothing();
  });

  it('is redeemed once, if it was issued', () => {
    given(environmentDecider, requested, ready).when(redeem).thenRefused('credential_link_unknown');
    given(environmentDecider, requested, ready, issued).when(redeem).then(redeemed);
    given(environmentDecider, requested, ready, issued, redeemed).when(redeem).thenNothing();
  });
});
