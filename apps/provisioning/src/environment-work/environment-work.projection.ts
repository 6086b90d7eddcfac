import type { EventMetadata, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type ProjectionStep, projection } from '#libs/event-sourcing/src/projection.js';
import type { EnvironmentEvents, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { stepDueAfter } from '../domain/environment.js';
import type { Wish } from '../domain/life-cycle.js';
import { EnvironmentWork } from './environment-work.entity.js';

type Event<Type extends keyof EnvironmentEvents> = RecordedEvent<{ type: Type; data: EnvironmentEvents[Type] }>;
type Due = keyof typeof stepDueAfter;

const keys = (event: { readonly data: { readonly environmentId: string } }): string[] => [event.data.environmentId];

/** A step is due at once, and nobody has it in hand. */
function due<Type extends keyof EnvironmentEvents>(
  step: (data: EnvironmentEvents[Type]) => EnvironmentStep | undefined,
): ProjectionStep<EnvironmentWork, { type: Type; data: EnvironmentEvents[Type] }> {
  return {
    keys,
    evolve: (row, { data, metadata }) => {
      const next = step(data);
      return next === undefined ? row : { ...anew(data.environmentId, next, metadata), attempt: null };
    },
  };
}

/** The next step is due the moment that the one before it is done. */
function next<Type extends Due>(
  type: Type,
): ProjectionStep<EnvironmentWork, { type: Type; data: EnvironmentEvents[Type] }> {
  return due<Type>(() => stepDueAfter[type]);
}

/** What was wanted before is overtaken. Whoever works on that may do so until they let go, or their lease is over. */
function overtaken<Type extends Wish>(
  step: (data: EnvironmentEvents[Type]) => EnvironmentStep,
): ProjectionStep<EnvironmentWork, { type: Type; data: EnvironmentEvents[Type] }> {
  return {
    keys,
    evolve: (row, { data, metadata }) => {
      const work = anew(data.environmentId, step(data), metadata);
      return row?.attempt ? { ...work, dueAt: row.dueAt, attempt: row.attempt } : { ...work, attempt: null };
    },
  };
}

function anew(environmentId: string, step: EnvironmentStep, { occurredAt, correlationId }: EventMetadata) {
  return { environmentId, purpose: 'step', step, number: 1, dueAt: new Date(occurredAt), correlationId } as const;
}

const done = { keys, evolve: () => undefined };

const afterWish: { readonly [Type in Wish]: ReturnType<typeof overtaken<Type>> } = {
  'environment.amendment_requested': overtaken(() => 'plan'),
  'environment.suspension_requested': overtaken(() => 'plan'),
  'environment.resumption_requested': overtaken(() => 'plan'),
  'environment.termination_requested': overtaken(({ from }) => from),
  'environment.cancellation_requested': overtaken(() => 'delete'),
};

/** The reconciler's list of what the log says is due. */
export const environmentWorkProjection = projection<EnvironmentWork, EnvironmentEvents>({
  name: 'environment_work',
  version: 8,
  entity: EnvironmentWork,
  on: {
    'environment.requested': next('environment.requested'),
    'environment.planned': next('environment.planned'),
    'environment.infrastructure_requested': next('environment.infrastructure_requested'),
    'environment.infrastructure_ready': next('environment.infrastructure_ready'),
    'environment.validated': next('environment.validated'),
    'environment.dry_run_passed': next('environment.dry_run_passed'),
    'environment.applied': next('environment.applied'),
    'environment.available': next('environment.available'),
    'environment.settings_corrected': next('environment.settings_corrected'),
    'environment.version_chosen': next('environment.version_chosen'),
    'environment.retry_requested': due(({ from }) => from ?? 'plan'),
    'environment.resolved': due(({ step }) => (step === 'export' ? 'plan' : undefined)),
    'environment.exported': next('environment.exported'),
    'environment.change_approved': next('environment.change_approved'),
    ...afterWish,
    'environment.attempt_stopped': due(({ due: step }) => step),
    'environment.approval_requested': done,
    'environment.change_rejected': done,
    'environment.amended': done,
    'environment.suspended': done,
    'environment.drift_found': due(({ correct }) => (correct ? 'plan' : undefined)),
    // Logs have it after `retained` too, and the deletion is still due then.
    'environment.drift_corrected': { keys, evolve: (row) => (row?.step === 'delete' ? row : undefined) },
    'environment.restored': done,
    'environment.deleted': done,
    'environment.retained': {
      keys,
      evolve: (_row, { data, metadata }: Event<'environment.retained'>) => ({
        ...anew(data.environmentId, 'delete', metadata),
        dueAt: new Date(data.deleteAt),
        attempt: null,
      }),
    },
    'environment.step_started': {
      keys,
      evolve: (row, { data }: Event<'environment.step_started'>) =>
        row && {
          ...row,
          step: data.step,
          number: data.number + 1,
          dueAt: new Date(data.leaseUntil),
          attempt: data.attempt,
        },
    },
    'environment.progressed': {
      keys,
      evolve: (row, { data }: Event<'environment.progressed'>) => row && { ...row, dueAt: new Date(data.leaseUntil) },
    },
    'environment.ready': done,
    'environment.step_failed': {
      keys,
      evolve: (row, { data }: Event<'environment.step_failed'>) =>
        row && { ...row, step: data.step, number: data.number + 1, dueAt: new Date(data.retryAt), attempt: null },
    },
    'environment.postponed': {
      keys,
      evolve: (row, { data, metadata }: Event<'environment.postponed'>) =>
        row && {
          ...row,
          step: data.step,
          number: data.number + 1,
          dueAt: new Date(metadata.occurredAt),
          attempt: null,
        },
    },
    'environment.version_replaced': next('environment.version_replaced'),
    'environment.needs_attention': {
      keys,
      evolve: (row, { data }: Event<'environment.needs_attention'>) =>
        row && data.recheckAt !== undefined
          ? { ...row, purpose: 'recheck', step: data.step, number: 1, dueAt: new Date(data.recheckAt), attempt: null }
          : undefined,
    },
    'environment.rechecked': {
      keys,
      evolve: (row, { data }: Event<'environment.rechecked'>) =>
        row && { ...row, number: data.number + 1, dueAt: new Date(data.recheckAt) },
    },
    'environment.resumed': due(({ step }) => step),
  },
});
