import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent, EnvironmentStep, FailureClass } from '#libs/events/src/provisioning.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentDecider } from './environment.decider.js';
import { FailStep, mostResumes, mostTries, PostponeStep, RecordCheck, ReportHindrance } from './failure-handling.js';
import { RetryEnvironment } from './manual-handling.js';
import { StartStep } from './step-outcomes.js';

const { environmentId } = abcEnvironment;
const context = testContext({ occurredAt: '2026-01-05T09:00:00.000Z' });
const pauses = { firstMs: 10_000, jitter: 1 };
const images = ['app:3', 'app:2', 'app:1'];
const requested: EnvironmentEvent = { type: 'environment.requested', data: abcEnvironment };

function found(cause: FailureClass) {
  return { class: cause, object: 'Deployment web', reason: 'R', whatToDo: 'W' } as const;
}

function started(step: EnvironmentStep, number = 1): EnvironmentEvent {
  const data = { environmentId, step, number, attempt: 'a', leaseUntil: '2026-01-05T09:00:15.000Z' };
  return { type: 'environment.step_started', data };
}

function fail(cause: FailureClass, more: Partial<FailStep['data']> = {}): FailStep {
  const data = {
    attempt: 'a',
    step: 'wait',
    ...found(cause),
    retry: pauses,
    recheck: pauses,
    images,
    ...more,
  } as const;
  return new FailStep(environmentId, data, context);
}

function failed(failures: number, retryAt: string): EnvironmentEvent {
  const data = { environmentId, attempt: 'a', step: 'wait', number: failures, failures, retryAt } as const;
  return { type: 'environment.step_failed', data: { ...data, ...found('transient') } };
}

function attention(cause: FailureClass, more: object = {}): EnvironmentEvent {
  const data = { environmentId, attempt: 'a', step: 'wait', ...found(cause), ...more } as const;
  return { type: 'environment.needs_attention', data };
}

const delayed = (cause: FailureClass): EnvironmentEvent => ({
  type: 'environment.delayed',
  data: { ...abcEnvironment, cause },
});
const told = (cause: FailureClass): EnvironmentEvent => ({
  type: 'environment.failed',
  data: { ...abcEnvironment, cause },
});
const replaced = (from: string, to: string): EnvironmentEvent => ({
  type: 'environment.version_replaced',
  data: { environmentId, attempt: 'a', step: 'wait', ...found('application'), from, to },
});
const working = [requested, started('wait')];
const ready: EnvironmentEvent = { type: 'environment.ready', data: { ...abcEnvironment, objectsApplied: 1 } };
const retried: EnvironmentEvent = { type: 'environment.retry_requested', data: { environmentId } };

describe('what should pass by itself', () => {
  it('is tried again after a pause, and the customer is told of the delay', () => {
    given(environmentDecider, ...working)
      .when(fail('transient'))
      .then(failed(1, '2026-01-05T09:00:10.000Z'), delayed('transient'));
  });

  it('waits for as long as the cluster asked, when that is longer', () => {
    given(environmentDecider, ...working)
      .when(fail('transient', { retry: { ...pauses, afterMs: 60_000 } }))
      .then(failed(1, '2026-01-05T09:01:00.000Z'), delayed('transient'));
    given(environmentDecider, ...working)
      .when(fail('transient', { retry: { ...pauses, afterMs: 1_000 } }))
      .then(failed(1, '2026-01-05T09:00:10.000Z'), delayed('transient'));
  });

  it('waits for an hour at most, however long the cluster asks', () => {
    given(environmentDecider, ...working)
      .when(fail('transient', { retry: { ...pauses, afterMs: 86_400_000 } }))
      .then(failed(1, '2026-01-05T10:00:00.000Z'), delayed('transient'));
  });

  it.each([
    [0, '2026-01-05T09:00:05.000Z'],
    [0.5, '2026-01-05T09:00:07.500Z'],
  ])('waits between a half and the whole of a pause (jitter %d)', (jitter, retryAt) => {
    given(environmentDecider, ...working)
      .when(fail('transient', { retry: { firstMs: 10_000, jitter } }))
      .then(failed(1, retryAt), delayed('transient'));
  });

  it('waits twice as long each time, and the customer is told once', () => {
    const before = [failed(1, '2026-01-05T08:59:00.000Z'), delayed('transient'), started('wait', 2)];
    given(environmentDecider, ...working, ...before)
      .when(fail('transient'))
      .then(failed(2, '2026-01-05T09:00:20.000Z'));
  });

  it('is not tried before its time', () => {
    const log = [...working, failed(1, '2026-01-05T09:00:10.000Z'), delayed('transient')];
    const start = (occurredAt: string): StartStep => {
      const data = { step: 'wait', number: 2, attempt: 'b', leaseUntil: '2026-01-05T09:01:00.000Z' } as const;
      return new StartStep(environmentId, data, { ...context, occurredAt });
    };
    given(environmentDecider, ...log)
      .when(start('2026-01-05T09:00:09.999Z'))
      .thenRefused('step_not_due');
    const data = { environmentId, ...start('').data };
    given(environmentDecider, ...log)
      .when(start('2026-01-05T09:00:10.000Z'))
      .then({ type: 'environment.step_started', data });
  });

  it('needs attention when it does not pass, with what was tried', () => {
    const tries = Array.from({ length: mostTries - 1 }, (_, index) => [
      failed(index + 1, '2026-01-05T08:00:00.000Z'),
      started('wait', index + 2),
    ]).flat();
    given(environmentDecider, ...working, ...tries, delayed('transient'))
      .when(fail('transient'))
      .then(attention('transient', { tried: ['The step was tried 6 times.'] }));
  });

  it('is told to the customer while the step still goes on', () => {
    const report = new ReportHindrance(environmentId, { attempt: 'a', step: 'wait', ...found('transient') }, context);
    const hindered: EnvironmentEvent = {
      type: 'environment.hindered',
      data: { environmentId, attempt: 'a', step: 'wait', ...found('transient') },
    };
    given(environmentDecider, ...working)
      .when(report)
      .then(hindered, delayed('transient'));
    given(environmentDecider, ...working, hindered, delayed('transient'))
      .when(report)
      .thenNothing();
    given(environmentDecider, requested).when(report).thenRefused('attempt_superseded');
  });
});

describe('a mistake in the configuration', () => {
  it('needs attention at once, and the customer is told', () => {
    given(environmentDecider, ...working)
      .when(fail('configuration'))
      .then(attention('configuration'), told('configuration'));
  });

  it('is told once, until the environment was ready', () => {
    const again = [attention('configuration'), told('configuration'), retried, started('wait')];
    given(environmentDecider, ...working, ...again)
      .when(fail('configuration'))
      .then(attention('configuration'));
    given(environmentDecider, ...working, ...again, ready, started('wait'))
      .when(fail('configuration'))
      .then(attention('configuration'), told('configuration'));
  });
});

describe('a shortage', () => {
  const short = attention('resource_shortage', { recheckAt: '2026-01-05T09:00:10.000Z' });
  const stuck = [...working, short, delayed('resource_shortage')];
  const check = (number: number, shortage?: string): RecordCheck => {
    const data = { number, recheck: pauses, ...(shortage !== undefined && { shortage }) };
    return new RecordCheck(environmentId, data, context);
  };
  const rechecked: EnvironmentEvent = {
    type: 'environment.rechecked',
    data: { environmentId, number: 1, reason: 'No room', recheckAt: '2026-01-05T09:00:20.000Z' },
  };
  const resumed: EnvironmentEvent = { type: 'environment.resumed', data: { environmentId, step: 'wait' } };

  it('needs attention, is looked at again, and the customer is told of the delay', () => {
    given(environmentDecider, ...working)
      .when(fail('resource_shortage'))
      .then(short, delayed('resource_shortage'));
  });

  it('is looked at again after twice the pause while there is no room', () => {
    given(environmentDecider, ...stuck)
      .when(check(1, 'No room'))
      .then(rechecked);
  });

  it('ends with the step that failed when there is room', () => {
    given(environmentDecider, ...stuck, rechecked)
      .when(check(2))
      .then(resumed);
    const start = { step: 'wait', number: 1, attempt: 'b', leaseUntil: '2026-01-05T09:00:15.000Z' } as const;
    given(environmentDecider, ...stuck, resumed)
      .when(new StartStep(environmentId, start, context))
      .then({ type: 'environment.step_started', data: { environmentId, ...start } });
  });

  it.each([
    ['a look that another one has overtaken', [...stuck, rechecked], check(1)],
    ['a look after a retry', [...stuck, retried], check(1)],
    ['a look where waiting does not help', [...working, attention('configuration')], check(1)],
  ])('ignores %s', (_what, log, command) => {
    given(environmentDecider, ...log)
      .when(command)
      .thenNothing();
  });

  it('that comes back waits longer and tells how often the work went on', () => {
    given(environmentDecider, ...stuck, resumed, started('wait'))
      .when(fail('resource_shortage'))
      .then(
        attention('resource_shortage', {
          recheckAt: '2026-01-05T09:00:20.000Z',
          tried: ['The work went on by itself once when there seemed to be room.'],
        }),
      );
  });

  it('is left to an operator when going on has not helped for too often', () => {
    const rounds = Array.from({ length: mostResumes }, () => [short, resumed, started('wait')]).flat();
    const tried = [`The work went on by itself ${mostResumes} times when there seemed to be room.`];
    given(environmentDecider, ...working, ...rounds)
      .when(fail('resource_shortage'))
      .then(attention('resource_shortage', { tried }), told('resource_shortage'));
  });

  it('gives way to an operator who retries', () => {
    given(environmentDecider, ...stuck)
      .when(new RetryEnvironment(environmentId, {}, context))
      .then(retried);
  });
});

describe('a fault of the application', () => {
  it('is answered with the version before', () => {
    given(environmentDecider, ...working)
      .when(fail('application'))
      .then(replaced('app:3', 'app:2'));
  });

  it('needs attention when no version works, with all that were tried, and the customer is told', () => {
    const log = [...working, replaced('app:3', 'app:2'), started('wait'), replaced('app:2', 'app:1'), started('wait')];
    const tried = ['The version app:3 was tried and did not work.', 'The version app:2 was tried and did not work.'];
    given(environmentDecider, ...log)
      .when(fail('application'))
      .then(attention('application', { tried }), told('application'));
  });

  it('begins with the newest version again after a retry', () => {
    const log = [...working, replaced('app:3', 'app:2'), attention('application'), retried, started('wait')];
    given(environmentDecider, ...log)
      .when(fail('application'))
      .then(replaced('app:3', 'app:2'));
  });

  it('has no other version where the plan is not sold', () => {
    given(environmentDecider, ...working)
      .when(fail('application', { images: [] }))
      .then(attention('application'), told('application'));
  });
});

it('knows which version runs', () => {
  const state = [...working, replaced('app:3', 'app:2')].reduce(
    environmentDecider.evolve,
    environmentDecider.initialState,
  );
  expect(state).toMatchObject({ status: 'planning', version: { image: 'app:2', by: 'fallback' } });
});

describe('a cluster that does not answer', () => {
  const away = { attempt: 'a', step: 'wait', clusterId: 'tokyo-2', reason: 'no answer within 15 s' } as const;
  const postpone = new PostponeStep(environmentId, away, context);
  const postponed = (number: number): EnvironmentEvent => ({
    type: 'environment.postponed',
    data: { environmentId, ...away, number },
  });

  it('postpones the step, and the customer is told of the delay once', () => {
    given(environmentDecider, ...working)
      .when(postpone)
      .then(postponed(1), delayed('transient'));
    given(environmentDecider, ...working, postponed(1), delayed('transient'), started('wait', 2))
      .when(postpone)
      .then(postponed(2));
  });

  it('costs no try: the step may fail as often as ever afterwards', () => {
    const log = [...working, postponed(1), delayed('transient'), started('wait', 2), postponed(2), started('wait', 3)];
    const state = log.reduce(environmentDecider.evolve, environmentDecider.initialState);
    expect(state).toMatchObject({ status: 'waiting', work: { tries: 3, failures: 0, postponed: 2 } });
    const failure = failed(1, '2026-01-05T09:00:10.000Z');
    given(environmentDecider, ...log)
      .when(fail('transient'))
      .then({ ...failure, data: { ...failure.data, number: 3 } } as EnvironmentEvent);
  });

  it('still costs none when the step has failed since', () => {
    const log = [...working, postponed(1), started('wait', 2), failed(1, '2026-01-05T09:00:10.000Z')];
    expect(log.reduce(environmentDecider.evolve, environmentDecider.initialState)).toMatchObject({
      work: { failures: 1, postponed: 1 },
    });
    expect(
      [...log, started('wait', 3)].reduce(environmentDecider.evolve, environmentDecider.initialState),
    ).toMatchObject({
      work: { tries: 3, failures: 1, postponed: 1 },
    });
  });

  it('is nothing that an attempt without the lease may say', () => {
    given(environmentDecider, ...working, retried, started('plan'))
      .when(postpone)
      .thenNothing();
  });
});
