import type { DomainEvent, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type ProjectionStep, projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { type EnvironmentEvents, type EnvironmentStep, environmentSteps } from '#libs/events/src/provisioning.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { defaultCluster } from '../domain/cluster.js';
import { type EnvironmentMode, statusDuring } from '../domain/environment.js';
import { EnvironmentRow, type StepRecord } from './environment-list.entity.js';

type Event<Type extends keyof EnvironmentEvents> = RecordedEvent<DomainEvent<Type, EnvironmentEvents[Type]>>;

const nothingWrong = { attention: null, failureClass: null, nextTryAt: null } as const;
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
  version: 11,
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
        mode: 'running',
        clusterId: null,
        url: data.url,
        namespace: data.namespace,
        administrator: data.administrator,
        steps: [],
        objectsPlanned: 0,
        objectsApplied: 0,
        ...nothingWrong,
        approval: null,
        requestedAt: new Date(metadata.occurredAt),
        readyAt: null,
        deleteAt: null,
        revision,
      }),
    },
    'environment.step_started': change<'environment.step_started'>(({ steps, mode }, { data, metadata }) => ({
      status: statusDuring(data.step, mode),
      steps: started(steps, data.step, data.number, metadata.occurredAt),
    })),
    'environment.placed': change<'environment.placed'>((_row, { data }) => ({ clusterId: data.clusterId })),
    'environment.planned': change<'environment.planned'>(({ steps, clusterId }, { data, metadata }) => ({
      steps: finished(steps, 'plan', metadata.occurredAt),
      ...nothingWrong,
      clusterId: clusterId ?? defaultCluster,
      objectsPlanned: data.objects.length,
    })),
    'environment.infrastructure_requested': change(() => ({})),
    'environment.infrastructure_ready': finish('infrastructure'),
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
    'environment.postponed': change(() => ({ failureClass: 'transient', nextTryAt: null })),
    'environment.hindered': change<'environment.hindered'>((_row, { data }) => ({ failureClass: data.class })),
    'environment.version_replaced': change(() => ({ status: 'planning', failureClass: 'application', steps: [] })),
    'environment.rechecked': change<'environment.rechecked'>((_row, { data }) => ({
      nextTryAt: new Date(data.recheckAt),
    })),
    'environment.resumed': change<'environment.resumed'>(({ mode }, { data }) => ({
      status: statusDuring(data.step, mode),
      ...nothingWrong,
    })),
    'environment.delayed': change(() => ({})),
    'environment.failed': change(() => ({})),
    'environment.retry_requested': change<'environment.retry_requested'>(({ steps, mode }, { data }) => {
      const { from = 'plan' } = data;
      const before = environmentSteps.slice(0, environmentSteps.indexOf(from));
      return {
        status: statusDuring(from, mode),
        ...nothingWrong,
        steps: steps.filter(({ name }) => before.includes(name)),
      };
    }),
    'environment.resolved': change<'environment.resolved'>(({ mode }, { data }) =>
      data.step === 'export' ? { status: statusDuring('plan', mode), ...nothingWrong } : {},
    ),
    'environment.settings_corrected': change<'environment.settings_corrected'>(({ mode }, { data }) => ({
      ...data.terms,
      ...begunAnew(mode),
    })),
    'environment.version_chosen': change(({ mode }) => begunAnew(mode)),
    'environment.amendment_requested': change<'environment.amendment_requested'>(({ mode }, { data }) => ({
      ...data.terms,
      companyName: data.company.name,
      ...begunAnew(mode),
    })),
    'environment.suspension_requested': change(() => begunAnew('suspended')),
    'environment.resumption_requested': change(() => begunAnew('running')),
    'environment.termination_requested': change<'environment.termination_requested'>((_row, { data }) =>
      begunAnew('retired', data.from),
    ),
    'environment.cancellation_requested': change(() => begunAnew('retired', 'delete')),
    'environment.attempt_stopped': change(() => ({})),
    'environment.approval_requested': change<'environment.approval_requested'>((_row, { data }) => {
      const { environmentId: _id, attempt: _attempt, ...approval } = data;
      return { status: 'awaiting_approval', approval };
    }),
    'environment.change_approved': change(({ mode }) => ({ status: statusDuring('apply', mode), approval: null })),
    'environment.change_rejected': change<'environment.change_rejected'>((_row, { data: { terms, mode } }) => ({
      ...terms,
      ...atRest(mode),
    })),
    'environment.amended': change<'environment.amended'>((_row, { data }) => atRest(data.mode)),
    'environment.suspended': change(() => atRest('suspended')),
    'environment.restored': change(() => atRest('running')),
    'environment.exported': finish('export'),
    'environment.retained': change<'environment.retained'>((_row, { data }) => ({
      status: 'retained',
      ...nothingWrong,
      deleteAt: new Date(data.deleteAt),
    })),
    'environment.deleted': change<'environment.deleted'>(({ steps }, { data, metadata }) => ({
      status: data.why === 'cancelled' ? 'cancelled' : 'deleted',
      ...nothingWrong,
      steps: finished(steps, 'delete', metadata.occurredAt),
      deleteAt: new Date(metadata.occurredAt),
    })),
    'environment.drift_found': change<'environment.drift_found'>(({ mode }, { data }) =>
      data.correct ? begunAnew(mode) : {},
    ),
    'environment.drift_corrected': change(({ mode, status }) =>
      inHand.has(status) && mode !== 'retired' ? atRest(mode) : {},
    ),
    'environment.credential_link_issued': change(() => ({})),
    'environment.credential_redeemed': change(() => ({})),
    ...whenErased<EnvironmentRow>('contract', (contractId) => ({
      where: { contractId },
      set: { companyName: erased, administrator: erased },
    })),
  },
});

/** What an environment may be while its plan is applied again; an operator may end that when it failed. */
const inHand: ReadonlySet<EnvironmentRow['status']> = new Set(['planning', 'applying', 'waiting', 'needs_attention']);

/** Everything begins with the first step, and nothing that was said of the work before holds any more. */
function begunAnew(mode: EnvironmentMode, from: EnvironmentStep = 'plan'): Partial<EnvironmentRow> {
  return { status: statusDuring(from, mode), mode, ...nothingWrong, approval: null, steps: [] };
}

function atRest(mode: 'running' | 'suspended'): Partial<EnvironmentRow> {
  return { status: mode === 'running' ? 'ready' : 'suspended', mode, ...nothingWrong, approval: null };
}

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
