import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { given } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentDecider } from './environment.decider.js';
import { FailStep } from './failure-handling.js';
import { RetryEnvironment } from './manual-handling.js';
import {
  context,
  dueFor,
  later,
  outcomes,
  ready,
  requested,
  retried,
  start,
  started,
  stateAfter,
  steps,
  stuckAt,
} from '../spec-log.js';
import { CompletePlan, ReportProgress } from './step-outcomes.js';

const { environmentId } = abcEnvironment;
const found = { class: 'configuration', reason: 'No such field', whatToDo: 'Correct it' } as const;

function fail(step: EnvironmentStep, attempt: string): FailStep {
  const pauses = { firstMs: 1_000, jitter: 1 };
  return new FailStep(environmentId, { attempt, step, ...found, retry: pauses, recheck: pauses, images: [] }, context);
}

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
    const ended = environmentDecider.decide(outcomes[step]('b'), stateAfter(...due, started(step, 'b')));
    expect((ended as EnvironmentEvent[])[0]).toMatchObject({ data: { environmentId, attempt: 'b' } });
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

  it('needs attention when it fails, and who waits for it is told', () => {
    const failed: EnvironmentEvent = {
      type: 'environment.failed',
      data: { ...abcEnvironment, cause: 'configuration' },
    };
    const waitedFor = step !== 'export' && step !== 'delete';
    given(environmentDecider, ...due, started(step, 'b'))
      .when(fail(step, 'b'))
      .then(
        { type: 'environment.needs_attention', data: { environmentId, attempt: 'b', step, ...found } },
        ...(waitedFor ? [failed] : []),
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
  const ends = (['plan', 'validate', 'dry-run', 'apply', 'wait'] as const).map((step) => [step] as const);

  it.each(ends)('leases the next step in the append that ends %s', (step) => {
    const state = stateAfter(...dueFor[step], started(step, 'b'));
    const [withoutNext] = environmentDecider.decide(outcomes[step]('b'), state) as readonly EnvironmentEvent[];
    const start = { environmentId, step: steps[steps.indexOf(step) + 1]!, number: 1, attempt: 'c', leaseUntil: later };
    given(environmentDecider, ...dueFor[step], started(step, 'b'))
      .when(outcomes[step]('b', { next }))
      .then(withoutNext!, { type: 'environment.step_started', data: start });
  });

  it.each(ends)('hears at the end of %s that it was overtaken, so that it stops', (step) => {
    given(environmentDecider, ...dueFor[step], started(step, 'a'), started(step, 'z', 2))
      .when(outcomes[step]('b', { next }))
      .thenRefused('attempt_superseded');
  });
});

it('knows how often somebody began to apply, over retries too', () => {
  const applying = [...dueFor.apply, started('apply', 'a')];
  expect(stateAfter(...dueFor.apply)).toMatchObject({ appliesBegun: 0 });
  expect(stateAfter(...applying)).toMatchObject({ appliesBegun: 1 });
  const again = [...applying, started('apply', 'b', 2), stuckAt('apply'), retried];
  expect(stateAfter(...again)).toMatchObject({ appliesBegun: 2 });
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
  const stuck = [...dueFor.apply, started('apply', 'a'), stuckAt('apply')];

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

describe('the cluster of an environment', () => {
  const plan = { objects: [], planHash: 'h', credential: { id: 'c', version: 1 } };
  const planned: EnvironmentEvent = { type: 'environment.planned', data: { environmentId, attempt: 'a', ...plan } };
  const placed: EnvironmentEvent = { type: 'environment.placed', data: { environmentId, clusterId: 'tokyo-2' } };
  const complete = (clusterId?: string) => {
    const data = { attempt: 'a', ...plan, ...(clusterId !== undefined && { clusterId }) };
    return new CompletePlan(environmentId, data, context);
  };

  it('is put on record with the first plan, and stays', () => {
    given(environmentDecider, requested, started('plan')).when(complete('tokyo-2')).then(placed, planned);
    const again = [requested, started('plan'), placed, planned, retried, started('plan')];
    given(environmentDecider, ...again)
      .when(complete('osaka-1'))
      .then(planned);
    expect(stateAfter(...again, planned, ready)).toMatchObject({ clusterId: 'tokyo-2' });
  });

  it('is not put on record by an attempt that has lost its lease', () => {
    given(environmentDecider, requested, started('plan', 'b')).when(complete('tokyo-2')).thenNothing();
  });

  it('is the default one where it was planned before there were others', () => {
    const log = [requested, started('plan'), planned, retried, started('plan')];
    expect(stateAfter(...log)).toMatchObject({ clusterId: 'default' });
    given(environmentDecider, ...log)
      .when(complete('tokyo-2'))
      .then(planned);
  });
});
