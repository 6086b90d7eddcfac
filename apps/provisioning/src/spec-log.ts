import type { EnvironmentEvent, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { testContext } from '#libs/testing/src/given.js';
import { abcEnvironment } from './spec-environment.js';
import type { EnvironmentCommand } from './domain/environment.decider.js';
import { environmentDecider } from './domain/environment.decider.js';
import type { EnvironmentState, Lease } from './domain/environment.js';
import {
  CompleteApply,
  CompleteDeletion,
  CompleteDryRun,
  CompleteExport,
  CompleteInfrastructure,
  CompletePlan,
  CompleteSmoke,
  CompleteValidation,
  CompleteWait,
  StartStep,
} from './domain/step-outcomes.js';

const { environmentId } = abcEnvironment;
export const context = testContext({ occurredAt: '2026-01-05T09:00:00.000Z' });
export const lease = '2026-01-05T09:00:15.000Z';
export const later = '2026-01-05T09:00:16.000Z';

const credential = { id: '3f2e3d4c-0000-5000-8000-000000000000', version: 1 };
const objects = [{ kind: 'Namespace', name: abcEnvironment.namespace, uid: 'u-1', outcome: 'created' }] as const;
const attempt = { environmentId, attempt: 'a' };
const standing = { ...abcEnvironment, objectsApplied: 1 };

export const requested: EnvironmentEvent = { type: 'environment.requested', data: abcEnvironment };
export const ready: EnvironmentEvent = { type: 'environment.ready', data: standing };
export const suspended: EnvironmentEvent = { type: 'environment.suspended', data: standing };
export const retried: EnvironmentEvent = { type: 'environment.retry_requested', data: { environmentId } };

export function started(step: EnvironmentStep, by = 'a', number = 1): EnvironmentEvent {
  return { type: 'environment.step_started', data: { environmentId, step, number, attempt: by, leaseUntil: lease } };
}

const planned: EnvironmentEvent = {
  type: 'environment.planned',
  data: { ...attempt, objects: [], planHash: 'h', credential },
};
const infrastructureRequested: EnvironmentEvent = {
  type: 'environment.infrastructure_requested',
  data: { ...attempt, provider: 'aws-eks', cluster: 'cust-2025-001-cluster', moduleHash: 'm' },
};
const validated: EnvironmentEvent = { type: 'environment.validated', data: { ...attempt, objects: 1 } };
const dryRunPassed: EnvironmentEvent = {
  type: 'environment.dry_run_passed',
  data: { ...attempt, objects: 1, warnings: [] },
};
const applied: EnvironmentEvent = { type: 'environment.applied', data: { ...attempt, objects } };
const available: EnvironmentEvent = { type: 'environment.available', data: { ...attempt, ready: 2 } };

/** What stands in the log when a step of the first way is due. */
const way = [
  requested,
  started('plan'),
  planned,
  validated,
  dryRunPassed,
  started('apply'),
  applied,
  available,
] as const;
export const running = [...way, ready];
export const terminationFrom = (from: EnvironmentStep, toExport = true): EnvironmentEvent => ({
  type: 'environment.termination_requested',
  data: { environmentId, promised: { export: toExport, retentionDays: 30 }, from },
});
export const retained: EnvironmentEvent = {
  type: 'environment.retained',
  data: { ...abcEnvironment, deleteAt: '2026-01-05T08:00:00.000Z' },
};
export const dueFor: Readonly<Record<EnvironmentStep, readonly EnvironmentEvent[]>> = {
  plan: way.slice(0, 1),
  validate: way.slice(0, 3),
  'dry-run': way.slice(0, 4),
  apply: way.slice(0, 5),
  wait: way.slice(0, 7),
  smoke: way,
  export: [...running, terminationFrom('export')],
  delete: [...running, terminationFrom('export'), retained],
  infrastructure: [...way.slice(0, 2), infrastructureRequested],
};
export const steps = Object.keys(dueFor) as EnvironmentStep[];

export const outcomes: Readonly<
  Record<EnvironmentStep, (attempt: string, more?: { readonly next?: Lease }) => EnvironmentCommand>
> = {
  plan: (by, more) =>
    new CompletePlan(environmentId, { attempt: by, ...more, objects: [], planHash: 'h', credential }, context),
  infrastructure: (by) =>
    new CompleteInfrastructure(
      environmentId,
      { attempt: by, clusterId: 'dedicated-1', endpoint: 'https://e' },
      context,
    ),
  validate: (by, more) => new CompleteValidation(environmentId, { attempt: by, ...more, objects: 1 }, context),
  'dry-run': (by, more) =>
    new CompleteDryRun(environmentId, { attempt: by, ...more, objects: 1, warnings: [] }, context),
  apply: (by, more) => new CompleteApply(environmentId, { attempt: by, ...more, objects }, context),
  wait: (by, more) => new CompleteWait(environmentId, { attempt: by, ...more, ready: 2 }, context),
  smoke: (by) => new CompleteSmoke(environmentId, { attempt: by, checked: 'GET /', status: 200 }, context),
  export: (by) => new CompleteExport(environmentId, { attempt: by, location: 's3://exports/abc' }, context),
  delete: (by) => new CompleteDeletion(environmentId, { attempt: by, objects: [] }, context),
};

export function start(step: EnvironmentStep, number = 1, occurredAt = context.occurredAt): StartStep {
  const data = { step, number, attempt: 'b', leaseUntil: '2026-01-05T09:01:00.000Z' };
  return new StartStep(environmentId, data, { ...context, occurredAt });
}

export function stuckAt(step: EnvironmentStep): EnvironmentEvent {
  const failure = { class: 'configuration', reason: 'R', whatToDo: 'W' } as const;
  return { type: 'environment.needs_attention', data: { ...attempt, step, ...failure } };
}

export function stateAfter(...events: readonly EnvironmentEvent[]): EnvironmentState {
  return events.reduce(environmentDecider.evolve, environmentDecider.initialState);
}
