import { describe, expect, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { given } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import { ApproveChange, RejectChange } from './approval.js';
import { environmentDecider } from './environment.decider.js';
import {
  context,
  dueFor,
  later,
  ready,
  running,
  start,
  started,
  stateAfter,
  stuckAt,
  terminationFrom,
} from '../spec-log.js';
import { RecordDrift } from './drift.js';
import { CompleteDryRun } from './step-outcomes.js';

const { environmentId, contractId, company, terms } = abcEnvironment;
const question = {
  changes: { create: [], change: [], delete: [{ kind: 'Service', name: 'web' }] },
  costChange: { currency: 'JPY', amount: 40_000 },
  why: ['It deletes Service web'],
};
const next = { attempt: 'c', until: later };
const dryRun = new CompleteDryRun(
  environmentId,
  { attempt: 'b', objects: 1, warnings: [], approval: question, next },
  context,
);
const approve = new ApproveChange(environmentId, { note: 'Fine' }, context);
const reject = new RejectChange(environmentId, { note: 'Too dear' }, context);

const amendment: EnvironmentEvent = {
  type: 'environment.amendment_requested',
  data: { environmentId, contractId, company, terms: { ...terms, userLimit: 500 } },
};
const planned: EnvironmentEvent = {
  type: 'environment.planned',
  data: { environmentId, attempt: 'a', objects: [], planHash: 'h2', credential: { id: 'c', version: 1 } },
};
const passed: EnvironmentEvent = {
  type: 'environment.dry_run_passed',
  data: { environmentId, attempt: 'b', objects: 1, warnings: [] },
};
const asked: EnvironmentEvent = {
  type: 'environment.approval_requested',
  data: { environmentId, attempt: 'b', ...question },
};
const approved: EnvironmentEvent = { type: 'environment.change_approved', data: { environmentId, note: 'Fine' } };
const rejected: EnvironmentEvent = {
  type: 'environment.change_rejected',
  data: { environmentId, note: 'Too dear', terms, mode: 'running' },
};
const checked = [...running, amendment, planned, started('dry-run', 'b')];
const waiting = [...checked, passed, asked];
const goesOn: EnvironmentEvent = {
  type: 'environment.step_started',
  data: { environmentId, step: 'apply', number: 1, attempt: 'c', leaseUntil: later },
};

describe('a change that somebody has to approve', () => {
  it('waits after the dry run, and nobody works on it', () => {
    given(environmentDecider, ...checked)
      .when(dryRun)
      .then(passed, asked);
    expect(stateAfter(...waiting)).toMatchObject({ status: 'awaiting_approval' });
    given(environmentDecider, ...waiting)
      .when(start('apply'))
      .thenRefused('step_not_due');
  });

  it.each([
    ['of an environment that was never ready', [...dueFor['dry-run'], started('dry-run', 'b')]],
    ['that ends the environment', [...running, terminationFrom('plan'), planned, started('dry-run', 'b')]],
    ['that was approved, when it has to be planned again', [...waiting, approved, planned, started('dry-run', 'b')]],
  ])('is none %s', (_what, log) => {
    given(environmentDecider, ...log)
      .when(dryRun)
      .then(passed, goesOn);
  });

  it('is asked about again when it is wanted once more after it was done', () => {
    const done: EnvironmentEvent = {
      type: 'environment.amended',
      data: { ...abcEnvironment, objectsApplied: 1, previous: terms, mode: 'running' },
    };
    given(environmentDecider, ...waiting, approved, done, amendment, planned, started('dry-run', 'b'))
      .when(dryRun)
      .then(passed, asked);
  });

  it('is asked about again when it was approved once and rejected later', () => {
    const failed = [...waiting, approved, started('apply', 'a'), stuckAt('apply')];
    const other = { ...planned, data: { ...planned.data, planHash: 'h3' } } as EnvironmentEvent;
    const since = [other, started('dry-run', 'b'), passed, asked, rejected, amendment];
    given(environmentDecider, ...failed, ...since, planned, started('dry-run', 'b'))
      .when(dryRun)
      .then(passed, asked);
  });

  it('is asked about again when it is planned otherwise', () => {
    const other = { ...planned, data: { ...planned.data, planHash: 'h3' } } as EnvironmentEvent;
    given(environmentDecider, ...waiting, approved, other, started('dry-run', 'b'))
      .when(dryRun)
      .then(passed, asked);
  });

  it('is applied when it is approved', () => {
    given(environmentDecider, ...waiting)
      .when(approve)
      .then(approved);
    expect(stateAfter(...waiting, approved)).toMatchObject({ status: 'applying', work: { step: 'apply' } });
  });

  it('leaves everything as it is when it is rejected', () => {
    given(environmentDecider, ...waiting)
      .when(reject)
      .then(rejected);
    expect(stateAfter(...waiting, rejected)).toMatchObject({ status: 'ready', identity: { terms } });
  });

  const known = { inventory: [{ kind: 'Namespace', name: abcEnvironment.namespace, uid: 'u-1' }] };
  const object = { kind: 'Service', name: 'never-applied' };
  const larger = { ...planned, data: { ...planned.data, objects: [object] } } as EnvironmentEvent;

  it('leaves what is known of the environment as it was when it is rejected, so that drift is found on', () => {
    const chosen: EnvironmentEvent = { type: 'environment.version_chosen', data: { environmentId, image: 'app:1' } };
    const log = [...running, amendment, stuckAt('plan'), chosen, larger, started('dry-run', 'b'), passed, asked];
    const after = stateAfter(...log, rejected);
    expect(after).toMatchObject({ ...known, plan: { hash: 'h' } });
    expect(after).not.toHaveProperty('version');
    const drift = { planHash: 'h', appliesBegun: 1, fingerprint: 'f', objects: [], correct: false };
    given(environmentDecider, ...log, rejected)
      .when(new RecordDrift(environmentId, drift, context))
      .then({
        type: 'environment.drift_found',
        data: { environmentId, fingerprint: 'f', objects: [], correct: false },
      });
  });

  it('leaves the version that ran when it is rejected', () => {
    const version = { image: 'app:1', by: 'operator' };
    const chosen: EnvironmentEvent = { type: 'environment.version_chosen', data: { environmentId, image: 'app:1' } };
    const dearer = {
      ...amendment,
      data: { ...amendment.data, terms: { ...terms, plan: 'other' } },
    } as EnvironmentEvent;
    const log = [
      ...dueFor.wait,
      stuckAt('wait'),
      chosen,
      ready,
      dearer,
      larger,
      started('dry-run', 'b'),
      passed,
      asked,
    ];
    expect(stateAfter(...log)).not.toHaveProperty('version');
    expect(stateAfter(...log, rejected)).toMatchObject({ version });
  });

  it('keeps every object that may stand when it is rejected after parts of it were applied', () => {
    const partly = [...running, amendment, larger, started('apply', 'a'), stuckAt('apply'), planned];
    expect(stateAfter(...partly, passed, asked, rejected)).toMatchObject({ inventory: [object, ...known.inventory] });
  });

  it('leads back when it is rejected and parts of an earlier one may stand', () => {
    const partly = [...running, amendment, started('apply', 'a'), stuckAt('apply'), planned, started('dry-run', 'b')];
    const back: EnvironmentEvent = {
      type: 'environment.amendment_requested',
      data: { environmentId, contractId, company, terms },
    };
    given(environmentDecider, ...partly, passed, asked)
      .when(reject)
      .then(rejected, back);
    expect(stateAfter(...partly, passed, asked, rejected, back)).toMatchObject({ work: { step: 'plan' } });
  });

  it('is overtaken by whatever is wanted next', () => {
    expect(stateAfter(...waiting, terminationFrom('export'))).toMatchObject({ work: { step: 'export' } });
  });
});

it.each([approve, reject])('$type is for a change that waits', (command) => {
  for (const log of [running, [...waiting, approved]]) {
    given(environmentDecider, ...log)
      .when(command)
      .thenRefused('approval_not_possible');
  }
});
