import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { given } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { environmentDecider } from './environment.decider.js';
import { CancelEnvironment, TerminateEnvironment } from './life-cycle.js';
import { ResolveEnvironment, RetryEnvironment } from './manual-handling.js';
import {
  context,
  dueFor,
  outcomes,
  requested,
  retained,
  running,
  start,
  started,
  stateAfter,
  stuckAt,
  terminationFrom,
} from '../spec-log.js';

const { environmentId } = abcEnvironment;
const promised = { export: true, retentionDays: 30 };
const cancel = new CancelEnvironment(environmentId, { reason: 'signed twice', promised }, context);
const cancellation: EnvironmentEvent = { type: 'environment.cancellation_requested', data: { environmentId } };
const available: EnvironmentEvent = { type: 'environment.available', data: { environmentId, attempt: 'b', ready: 2 } };

describe('the end', () => {
  it.each<[string, EnvironmentEvent[], boolean, EnvironmentStep]>([
    ['the export that was promised', running, true, 'export'],
    ['the plan, where none was', running, false, 'plan'],
    ['the deletion, where nothing was ever applied', [requested, started('plan')], true, 'delete'],
  ])('begins with %s', (_what, log, toExport, step) => {
    const data = { promised: { ...promised, export: toExport } };
    given(environmentDecider, ...log)
      .when(new TerminateEnvironment(environmentId, data, context))
      .then(terminationFrom(step, toExport));
    expect(stateAfter(...log, terminationFrom(step, toExport))).toMatchObject({ work: { step } });
  });

  it('keeps the data for as long as was promised, and deletes it then', () => {
    const deleteAt = '2026-02-04T09:00:00.000Z';
    const kept: EnvironmentEvent = { type: 'environment.retained', data: { ...abcEnvironment, deleteAt } };
    given(environmentDecider, ...running, terminationFrom('plan'), started('wait', 'b'))
      .when(outcomes.wait('b'))
      .then(available, kept);
    expect(stateAfter(...running, terminationFrom('plan'), kept)).toMatchObject({ status: 'retained' });
    given(environmentDecider, ...running, terminationFrom('plan'), kept)
      .when(start('delete', 1, '2026-02-04T08:59:59.999Z'))
      .thenRefused('step_not_due');
    given(environmentDecider, ...running, terminationFrom('plan'), kept)
      .when(start('delete', 1, deleteAt))
      .then({ type: 'environment.step_started', data: { environmentId, ...start('delete', 1, deleteAt).data } });
  });

  it('leaves a certificate', () => {
    const exported: EnvironmentEvent = {
      type: 'environment.exported',
      data: { environmentId, attempt: 'a', location: 's3://exports/abc' },
    };
    const certificate: EnvironmentEvent = {
      type: 'environment.deleted',
      data: {
        ...abcEnvironment,
        attempt: 'b',
        objects: [],
        why: 'terminated',
        exportedTo: 's3://exports/abc',
        retainedUntil: '2026-01-05T08:00:00.000Z',
      },
    };
    const log = [...running, terminationFrom('export'), exported, retained, started('delete', 'b')];
    given(environmentDecider, ...log)
      .when(outcomes.delete('b'))
      .then(certificate);
    expect(stateAfter(...log, certificate)).toMatchObject({ status: 'deleted', inventory: [] });
  });

  it('is retried from where it stands', () => {
    for (const [log, from] of [
      [[...dueFor.export, stuckAt('export')], 'export'],
      [[...dueFor.delete, stuckAt('delete')], 'delete'],
    ] as const) {
      given(environmentDecider, ...log)
        .when(new RetryEnvironment(environmentId, {}, context))
        .then({ type: 'environment.retry_requested', data: { environmentId, from } });
    }
    given(environmentDecider, ...dueFor.delete, stuckAt('delete'))
      .when(new RetryEnvironment(environmentId, { from: 'plan' }, context))
      .thenRefused('retry_not_possible');
  });

  it('goes on after an export by hand, and can delete nothing by hand', () => {
    const resolve = new ResolveEnvironment(environmentId, { note: 'On a disk' }, context);
    const resolved: EnvironmentEvent = {
      type: 'environment.resolved',
      data: { environmentId, step: 'export', note: 'On a disk' },
    };
    given(environmentDecider, ...dueFor.export, stuckAt('export'))
      .when(resolve)
      .then(resolved);
    expect(stateAfter(...dueFor.export, stuckAt('export'), resolved)).toMatchObject({ work: { step: 'plan' } });
    given(environmentDecider, ...dueFor.delete, stuckAt('delete'))
      .when(resolve)
      .thenRefused('resolve_not_possible');
  });
});

describe('a cancellation', () => {
  it('deletes at once what was never ready, and certifies it', () => {
    const reason = 'signed twice';
    given(environmentDecider, ...dueFor.wait)
      .when(cancel)
      .then({ ...cancellation, data: { environmentId, reason } });
    const certificate = { ...abcEnvironment, attempt: 'b', objects: [], why: 'cancelled' } as const;
    given(environmentDecider, ...dueFor.wait, cancellation, started('delete', 'b'))
      .when(outcomes.delete('b'))
      .then({ type: 'environment.deleted', data: certificate });
    expect(stateAfter(...dueFor.wait, cancellation, { type: 'environment.deleted', data: certificate })).toMatchObject({
      status: 'cancelled',
    });
  });

  it('of what was ever ready is an end with export and retention: nothing is lost', () => {
    const data = { environmentId, reason: 'signed twice', promised, from: 'export' } as const;
    for (const log of [running, [...running, stuckAt('wait')]]) {
      given(environmentDecider, ...log)
        .when(cancel)
        .then({ type: 'environment.termination_requested', data });
    }
  });
});
