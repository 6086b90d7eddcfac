import type { DomainEvent, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type ProjectionStep, projection } from '#libs/event-sourcing/src/projection.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { EnvironmentBuild } from './environment-build.entity.js';

type Event<Type extends keyof EnvironmentEvents> = RecordedEvent<DomainEvent<Type, EnvironmentEvents[Type]>>;

const keys = (event: { readonly data: { readonly environmentId: string } }): string[] => [event.data.environmentId];

function change<Type extends keyof EnvironmentEvents>(
  changes: (row: EnvironmentBuild, event: Event<Type>) => Partial<EnvironmentBuild>,
): ProjectionStep<EnvironmentBuild, DomainEvent<Type, EnvironmentEvents[Type]>> {
  return { keys, evolve: (row, event) => row && { ...row, ...changes(row, event) } };
}

/** The work came to a good end, and the event says under which terms. */
const wellEnded = {
  keys,
  evolve: (
    row: EnvironmentBuild | undefined,
    { data, metadata }: RecordedEvent<DomainEvent<string, EnvironmentEvents['environment.requested']>>,
  ): EnvironmentBuild | undefined =>
    row && {
      ...row,
      plan: data.terms.plan,
      region: data.terms.region,
      succeededAt: new Date(metadata.occurredAt),
    },
};

export const environmentBuildProjection = projection<EnvironmentBuild, EnvironmentEvents>({
  name: 'environment_builds',
  version: 1,
  entity: EnvironmentBuild,
  on: {
    'environment.requested': {
      keys,
      evolve: (_row, { data, metadata }) => ({
        environmentId: data.environmentId,
        plan: data.terms.plan,
        region: data.terms.region,
        requestedAt: new Date(metadata.occurredAt),
        builtAt: null,
        buildSeconds: null,
        succeededAt: null,
        failedAt: null,
      }),
    },
    'environment.settings_corrected': change<'environment.settings_corrected'>((_row, { data }) => ({
      plan: data.terms.plan,
      region: data.terms.region,
    })),
    'environment.ready': change<'environment.ready'>(({ requestedAt, builtAt, buildSeconds }, { metadata }) => {
      const now = new Date(metadata.occurredAt);
      const took = Math.round((now.getTime() - requestedAt.getTime()) / 1000);
      return { succeededAt: now, builtAt: builtAt ?? now, buildSeconds: buildSeconds ?? took };
    }),
    'environment.amended': wellEnded,
    'environment.suspended': wellEnded,
    'environment.restored': wellEnded,
    'environment.retained': wellEnded,
    'environment.deleted': wellEnded,
    'environment.needs_attention': change<'environment.needs_attention'>((_row, { metadata }) => ({
      failedAt: new Date(metadata.occurredAt),
    })),
  },
});
