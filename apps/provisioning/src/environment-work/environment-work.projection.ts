import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type ProjectionStep, projection } from '#libs/event-sourcing/src/projection.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { stepDueAfter } from '../domain/environment.js';
import { EnvironmentWork } from './environment-work.entity.js';

type Event<Type extends keyof EnvironmentEvents> = RecordedEvent<{ type: Type; data: EnvironmentEvents[Type] }>;
type Due = keyof typeof stepDueAfter;

const keys = (event: { readonly data: { readonly environmentId: string } }): string[] => [event.data.environmentId];

/** A step is due the moment the one before it is done. */
function due<Type extends Due>(): ProjectionStep<EnvironmentWork, { type: Type; data: EnvironmentEvents[Type] }> {
  return {
    keys,
    evolve: (_row, event) => ({
      environmentId: event.data.environmentId,
      purpose: 'step',
      step: stepDueAfter[event.type],
      number: 1,
      dueAt: new Date(event.metadata.occurredAt),
      correlationId: event.metadata.correlationId,
    }),
  };
}

const done = { keys, evolve: () => undefined };

/** The reconciler's list of what the log says is due. */
export const environmentWorkProjection = projection<EnvironmentWork, EnvironmentEvents>({
  name: 'environment_work',
  version: 3,
  entity: EnvironmentWork,
  on: {
    'environment.requested': due(),
    'environment.planned': due(),
    'environment.validated': due(),
    'environment.dry_run_passed': due(),
    'environment.applied': due(),
    'environment.available': due(),
    'environment.settings_corrected': due(),
    'environment.version_chosen': due(),
    'environment.retry_requested': {
      keys,
      evolve: (_row, { data, metadata }: Event<'environment.retry_requested'>) => ({
        environmentId: data.environmentId,
        purpose: 'step',
        step: data.from ?? 'plan',
        number: 1,
        dueAt: new Date(metadata.occurredAt),
        correlationId: metadata.correlationId,
      }),
    },
    'environment.step_started': {
      keys,
      evolve: (row, { data }: Event<'environment.step_started'>) =>
        row && { ...row, step: data.step, number: data.number + 1, dueAt: new Date(data.leaseUntil) },
    },
    'environment.progressed': {
      keys,
      evolve: (row, { data }: Event<'environment.progressed'>) => row && { ...row, dueAt: new Date(data.leaseUntil) },
    },
    'environment.ready': done,
    'environment.step_failed': {
      keys,
      evolve: (row, { data }: Event<'environment.step_failed'>) =>
        row && { ...row, step: data.step, number: data.number + 1, dueAt: new Date(data.retryAt) },
    },
    'environment.version_replaced': due(),
    'environment.needs_attention': {
      keys,
      evolve: (row, { data }: Event<'environment.needs_attention'>) =>
        row && data.recheckAt !== undefined
          ? { ...row, purpose: 'recheck', step: data.step, number: 1, dueAt: new Date(data.recheckAt) }
          : undefined,
    },
    'environment.rechecked': {
      keys,
      evolve: (row, { data }: Event<'environment.rechecked'>) =>
        row && { ...row, number: data.number + 1, dueAt: new Date(data.recheckAt) },
    },
    'environment.resumed': {
      keys,
      evolve: (row, { data, metadata }: Event<'environment.resumed'>) =>
        row && { ...row, purpose: 'step', step: data.step, number: 1, dueAt: new Date(metadata.occurredAt) },
    },
  },
});
