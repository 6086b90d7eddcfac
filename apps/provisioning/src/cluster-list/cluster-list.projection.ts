import type { DomainEvent, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type ProjectionStep, projection } from '#libs/event-sourcing/src/projection.js';
import type { ClusterConnection, ClusterEvents } from '#libs/events/src/provisioning.js';
import { ClusterRow } from './cluster-list.entity.js';

const keys = (event: { readonly data: { readonly clusterId: string } }): string[] => [event.data.clusterId];

function change<Type extends keyof ClusterEvents>(
  changes: (event: RecordedEvent<DomainEvent<Type, ClusterEvents[Type]>>) => Partial<ClusterRow>,
): ProjectionStep<ClusterRow, DomainEvent<Type, ClusterEvents[Type]>> {
  return { keys, evolve: (row, event) => row && { ...row, ...changes(event), revision: event.revision } };
}

function reachedBy(connection: ClusterConnection): Pick<ClusterRow, 'via' | 'server'> {
  return { via: connection.via, server: connection.via === 'kubeconfig' ? connection.server : null };
}

export const clusterListProjection = projection<ClusterRow, ClusterEvents>({
  name: 'cluster_list',
  version: 2,
  entity: ClusterRow,
  on: {
    'cluster.added': {
      keys,
      evolve: (_row, { data: { clusterId: id, connection, ...data }, metadata, revision }) => ({
        id,
        name: data.name,
        status: 'open',
        regions: data.regions,
        capacity: data.capacity ?? null,
        dedicatedTo: data.dedicatedTo ?? null,
        ...reachedBy(connection),
        cordonReason: null,
        cordonedAt: null,
        addedAt: new Date(metadata.occurredAt),
        revision,
      }),
    },
    'cluster.connection_changed': change<'cluster.connection_changed'>(({ data }) => reachedBy(data.connection)),
    'cluster.cordoned': change<'cluster.cordoned'>(({ data: { cordonedAt, reason } }) => ({
      status: 'cordoned',
      cordonedAt: new Date(cordonedAt),
      cordonReason: reason ?? null,
    })),
    'cluster.uncordoned': change(() => ({ status: 'open', cordonedAt: null, cordonReason: null })),
    'cluster.drain_started': change(() => ({ status: 'draining' })),
    'cluster.drain_ended': change(() => ({ status: 'cordoned' })),
    'cluster.removed': { keys, evolve: () => undefined },
  },
});
