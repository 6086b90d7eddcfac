import type { DomainEvent, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type ProjectionStep, projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { type EnvironmentEvents, type EnvironmentStep, environmentSteps } from '#libs/events/src/provisioning.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { statusDuring } from '../domain/environment.js';
import { EnvironmentRow, type StepRecord } from './environment-list.entity.js';

type Event<Type extends keyof EnvironmentEvents> = RecordedEvent<DomainEvent<Type, EnvironmentEvents[Type]>>;

const nothingWrong = { attention: null, failureClass: null, nextTryAt: null } as const;
const begunAnew = { status: 'planning', ...nothingWrong, steps: [] } as const;
const keys = (event: { readonly data: { readonly environmentId: string } }): string[] => [event.data.environmentId];

/** What an event changes in the row that stands; the revision moves with every event. */
function change<Type extends keyof EnvironmentEvents>(
  changes: (row: EnvironmentRow, event: Event<Type>) => Partial<EnvironmentRow>,
): ProjectionStep<EnvironmentRow, DomainEvent<Type, EnvironmentEvents[Type]>> {
  return {
    keys,
    evolve: (row, event) => row && placed(row, { ...row, ...changes(row, event), revision: event.revision }, event),
  };
}

/** Where the work stands, and since when. Whatever leads to another status without naming a step ends the step. */
function placed(before: EnvironmentRow, row: EnvironmentRow, { data, metadata }: RecordedEvent): EnvironmentRow {
  const named = 'step' in data ? (data.step as EnvironmentStep) : undefined;
  const step = named ?? (row.status === before.status ? before.step : null);
  const moved = step !== before.step || row.status !== before.status;
  return { ...row, step, since: moved ? new Date(metadata.occurredAt) : before.since };
}

/** One step is done, and the environment is at the next one. */
function finish<Type extends keyof EnvironmentEvents>(
  step: EnvironmentStep,
  more: (event: Event<Type>) => Partial<EnvironmentRow> = () => ({}),
): ProjectionStep<EnvironmentRow, DomainEvent<Type, EnvironmentEvents[Type]>> {
  return change((row, event) => ({
    steps: finished(row.steps, step, event.metadata.occurredAt),
    ...nothingWrong,
    ...more(event),
  }));
}

export const environmentListProjection = projection<EnvironmentRow, EnvironmentEvents & ErasureEvents>({
  name: 'environment_list',
  version: 6,
  entity: EnvironmentRow,
  on: {
    'environment.requested': {
      keys,
      evolve: (_row, { data, metadata, revision }) => ({
        environmentId: data.environmentId,
        contractId: data.contractId,
        externalId: data.externalId,
        companyName: data.company.name,
        ...data.terms,
        status: 'requested',
        step: null,
        since: new Date(metadata.occurredAt),
        url: data.url,
        namespace: data.namespace,
        administrator: data.administrator,
        steps: [],
        objectsPlanned: 0,
        objectsApplied: 0,
        ...nothingWrong,
        requestedAt: new Date(metadata.occurredAt),
        readyAt: null,
        revision,
      }),
    },
    'environment.step_started': change<'environment.step_started'>(({ steps }, { data, metadata }) => ({
      status: statusDuring(data.step),
      steps: started(steps, data.step, data.number, metadata.occurredAt),
    })),
    'environment.planned': finish<'environment.planned'>('plan', ({ data }) => ({
      objectsPlanned: data.objects.length,
    })),
    'environment.validated': finish('validate'),
    'environment.dry_run_passed': finish('dry-run'),
    'environment.applied': finish<'environment.applied'>('apply', ({ data }) => ({
      objectsApplied: data.objects.length,
    })),
    'environment.progressed': change(() => ({})),
    'environment.available': finish('wait'),
    'environment.smoke_passed': finish('smoke'),
    'environment.ready': change<'environment.ready'>((_row, { metadata }) => ({
      status: 'ready',
      ...nothingWrong,
      readyAt: new Date(metadata.occurredAt),
    })),
    'environment.needs_attention': change<'environment.needs_attention'>((_row, { data }) => {
      const { environmentId: _id, attempt: _attempt, recheckAt, ...attention } = data;
      const nextTryAt = recheckAt === undefined ? null : new Date(recheckAt);
      return { status: 'needs_attention', attention, failureClass: data.class, nextTryAt };
    }),
    'environment.step_failed': change<'environment.step_failed'>((_row, { data }) => ({
      failureClass: data.class,
      nextTryAt: new Date(data.retryAt),
    })),
    'environment.hindered': change<'environment.hindered'>((_row, { data }) => ({ failureClass: data.class })),
    'environment.version_replaced': change(() => ({ status: 'planning', failureClass: 'application', steps: [] })),
    'environment.rechecked': change<'environment.rechecked'>((_row, { data }) => ({
      nextTryAt: new Date(data.recheckAt),
    })),
    'environment.resumed': change<'environment.resumed'>((_row, { data }) => ({
      status: statusDuring(data.step),
      ...nothingWrong,
    })),
    'environment.delayed': change(() => ({})),
    'environment.failed': change(() => ({})),
    'environment.retry_requested': change<'environment.retry_requested'>(({ steps }, { data }) => {
      const { from = 'plan' } = data;
      const before = environmentSteps.slice(0, environmentSteps.indexOf(from));
      return {
        status: statusDuring(from),
        ...nothingWrong,
        steps: steps.filter(({ name }) => before.includes(name)),
      };
    }),
    'environment.resolved': change(() => ({})),
    'environment.settings_corrected': change<'environment.settings_corrected'>((_row, { data }) => ({
      ...data.terms,
      ...begunAnew,
    })),
    'environment.version_chosen': change(() => begunAnew),
    'environment.credential_link_issued': change(() => ({})),
    'environment.credential_redeemed': change(() => ({})),
    ...whenErased<EnvironmentRow>('contract', (contractId) => ({
      where: { contractId },
      set: { companyName: erased, administrator: erased },
    })),
  },
});

/** A further try of a step goes on from its first one, so that the time of a killed worker counts. */
function started(
  steps: readonly StepRecord[],
  name: EnvironmentStep,
  tries: number,
  occurredAt: string,
): readonly StepRecord[] {
  const before = steps.find((step) => step.name === name);
  if (!before) return [...steps, { name, startedAt: occurredAt, tries }];
  return steps.map((step) => (step === before ? { ...step, tries } : step));
}

function finished(steps: readonly StepRecord[], name: EnvironmentStep, occurredAt: string): readonly StepRecord[] {
  return steps.map((step) =>
    step.name === name ? { ...step, ms: Date.parse(occurredAt) - Date.parse(step.startedAt) } : step,
  );
}
