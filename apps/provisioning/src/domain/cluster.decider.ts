import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ClusterConnection, ClusterEvent, ClusterEvents } from '#libs/events/src/provisioning.js';
import { type ClusterRefusal, type ClusterState, withFormer } from './cluster.js';

export class AddCluster extends Command<Omit<ClusterEvents['cluster.added'], 'clusterId'>> {
  override readonly type = 'add_cluster';
}

/** Of a kubeconfig, the decider counts the version. */
export type NewConnection =
  | { readonly via: 'kubeconfig'; readonly credentialId: string; readonly server: string }
  | { readonly via: 'in_cluster' };

/** The same cluster is reached in another way from now on. */
export class ChangeConnection extends Command<{ readonly connection: NewConnection }> {
  override readonly type = 'change_connection';
}

export class CordonCluster extends Command<{ readonly reason?: string }> {
  override readonly type = 'cordon_cluster';
}

/** Ends a drain as well. */
export class UncordonCluster extends Command<object> {
  override readonly type = 'uncordon_cluster';
}

/** Cordons it, and says that it is to become empty. */
export class DrainCluster extends Command<{ readonly environments: number }> {
  override readonly type = 'drain_cluster';
}

/** Nothing stands there any more. */
export class EndDrain extends Command<object> {
  override readonly type = 'end_drain';
}

/** `settleMs`: so long after the cordon somebody may still record that he chose it before. */
export class RemoveCluster extends Command<{ readonly environments: number; readonly settleMs: number }> {
  override readonly type = 'remove_cluster';
}

export type ClusterCommand =
  AddCluster | ChangeConnection | CordonCluster | UncordonCluster | DrainCluster | EndDrain | RemoveCluster;

export const clusterCommands = [
  AddCluster,
  ChangeConnection,
  CordonCluster,
  UncordonCluster,
  DrainCluster,
  EndDrain,
  RemoveCluster,
] as const;

type Decision = readonly ClusterEvent[] | Refusal<ClusterRefusal>;
type Standing = Extract<ClusterState, { readonly connection: object }>;

export const clusterDecider: Decider<ClusterState, ClusterCommand, ClusterEvent, ClusterRefusal> = {
  category: 'cluster',
  initialState: { status: 'none' },

  decide(command, cluster) {
    const clusterId = command.target;
    if (command.type === 'add_cluster') {
      if (cluster.status === 'none') return [{ type: 'cluster.added', data: { clusterId, ...command.data } }];
      const taken = cluster.status === 'removed' ? 'There was' : 'There is';
      return new Refusal(
        'cluster_exists',
        `${taken} a cluster ${clusterId}, and ids are used once. Choose another one.`,
      );
    }
    if (!('connection' in cluster)) {
      return new Refusal('cluster_not_found', 'No cluster has this id. GET /api/clusters lists them.');
    }
    switch (command.type) {
      case 'change_connection':
        return changeConnection(command, cluster);
      case 'cordon_cluster':
        return cluster.status === 'open' ? [cordoned(command)] : [];
      case 'uncordon_cluster': {
        if (cluster.status === 'open') return [];
        const ended: ClusterEvent = { type: 'cluster.drain_ended', data: { clusterId, why: 'uncordoned' } };
        const uncordoned: ClusterEvent = { type: 'cluster.uncordoned', data: { clusterId } };
        return cluster.status === 'draining' ? [ended, uncordoned] : [uncordoned];
      }
      case 'drain_cluster':
        return drain(command, cluster);
      case 'end_drain':
        return cluster.status === 'draining' ? [emptied(clusterId)] : [];
      case 'remove_cluster':
        return remove(command, cluster);
      default:
        return unreachable(command);
    }
  },

  evolve(cluster, event) {
    if (event.type === 'cluster.added') {
      const { connection, dedicatedTo } = event.data;
      return { status: 'open', connection, former: [], ...(dedicatedTo !== undefined && { dedicatedTo }) };
    }
    if (!('connection' in cluster)) return cluster;
    const { connection, former, dedicatedTo } = cluster;
    const reached = { connection, former, ...(dedicatedTo !== undefined && { dedicatedTo }) };
    switch (event.type) {
      case 'cluster.connection_changed':
        return { ...cluster, connection: event.data.connection, former: withFormer(cluster) };
      case 'cluster.cordoned':
        return { ...reached, status: 'cordoned', since: event.data.cordonedAt };
      case 'cluster.uncordoned':
        return { ...reached, status: 'open' };
      case 'cluster.drain_started':
        return cluster.status === 'open' ? cluster : { ...cluster, status: 'draining' };
      case 'cluster.drain_ended':
        return cluster.status === 'open' ? cluster : { ...cluster, status: 'cordoned' };
      case 'cluster.removed':
        return { status: 'removed', former: withFormer(cluster) };
      default:
        return unreachable(event);
    }
  },
};

function changeConnection({ target: clusterId, data }: ChangeConnection, cluster: Standing): Decision {
  const wanted = data.connection;
  const changed = (connection: ClusterConnection): Decision => [
    { type: 'cluster.connection_changed', data: { clusterId, connection } },
  ];
  const { connection } = cluster;
  if (wanted.via === 'in_cluster') return connection.via === 'in_cluster' ? [] : changed({ via: 'in_cluster' });
  const { credentialId: id, server } = wanted;
  if (connection.via === 'kubeconfig' && connection.credential.id === id) return [];
  return changed({ via: 'kubeconfig', credential: { id, version: withFormer(cluster).length + 1 }, server });
}

function drain({ target: clusterId, data, context }: DrainCluster, cluster: Standing): Decision {
  if (cluster.status === 'draining') return [];
  const { environments } = data;
  const first = cluster.status === 'open' ? [cordoned({ target: clusterId, data: {}, context })] : [];
  const started: ClusterEvent = { type: 'cluster.drain_started', data: { clusterId, environments } };
  return [...first, started, ...(environments === 0 ? [emptied(clusterId)] : [])];
}

function remove({ target: clusterId, data, context }: RemoveCluster, cluster: Standing): Decision {
  if (cluster.status === 'open') {
    return new Refusal('cluster_not_cordoned', `Cordon the cluster ${clusterId} first, so that nothing new comes.`);
  }
  if (data.environments > 0) {
    const facts = { environments: data.environments };
    const detail = `${data.environments} environments stand on ${clusterId}. Remove it when they are gone.`;
    return new Refusal('cluster_not_empty', detail, facts);
  }
  const settled = new Date(Date.parse(cluster.since) + data.settleMs).toISOString();
  if (context.occurredAt < settled) {
    const detail = `The cluster ${clusterId} was cordoned a moment ago, and somebody may still come. Try again at ${settled}.`;
    return new Refusal('cluster_settling', detail, { settledAt: settled });
  }
  return [
    ...(cluster.status === 'draining' ? [emptied(clusterId)] : []),
    { type: 'cluster.removed', data: { clusterId } },
  ];
}

function cordoned({ target, data, context }: Pick<CordonCluster, 'target' | 'data' | 'context'>): ClusterEvent {
  return { type: 'cluster.cordoned', data: { clusterId: target, cordonedAt: context.occurredAt, ...data } };
}

function emptied(clusterId: string): ClusterEvent {
  return { type: 'cluster.drain_ended', data: { clusterId, why: 'empty' } };
}
