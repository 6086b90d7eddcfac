import type { EventOf, EventTable } from './event-table.js';

/** How its API server is reached. Nothing secret stands here. */
export type ClusterConnection =
  /** By a kubeconfig that lies sealed in the credential table. */
  | {
      readonly via: 'kubeconfig';
      readonly credential: { readonly id: string; readonly version: number };
      /** Origin of the API server, like `https://10.0.0.5:6443`. */
      readonly server: string;
    }
  /** By the service account of the pod that provisioning runs in. */
  | { readonly via: 'in_cluster' }
  /** By the `KUBECONFIG` of the process. */
  | { readonly via: 'process' };

/** `clusterId` is a short name like `tokyo-2`. */
export interface ClusterEvents {
  'cluster.added': {
    readonly clusterId: string;
    readonly name: string;
    /** Regions of the catalogue that it serves; every region when there is none. */
    readonly regions: readonly string[];
    /** So many environments fit on it; no limit when absent. */
    readonly capacity?: number;
    /** The one environment that may stand there; any when absent. */
    readonly dedicatedTo?: string;
    readonly connection: ClusterConnection;
  };
  /** It is the same cluster, reached in another way: an expired kubeconfig was replaced, for example. */
  'cluster.connection_changed': { readonly clusterId: string; readonly connection: ClusterConnection };
  /** No new environments are placed there from `cordonedAt` (ISO instant) on. */
  'cluster.cordoned': { readonly clusterId: string; readonly cordonedAt: string; readonly reason?: string };
  'cluster.uncordoned': { readonly clusterId: string };
  /** It is to become empty. `environments`: how many stood there then. */
  'cluster.drain_started': { readonly clusterId: string; readonly environments: number };
  'cluster.drain_ended': { readonly clusterId: string; readonly why: 'empty' | 'uncordoned' };
  'cluster.removed': { readonly clusterId: string };
}

export type ClusterEvent = EventOf<ClusterEvents>;

export const clusterEvents: EventTable<ClusterEvents> = {
  'cluster.added': { version: 1, description: 'Environments may be placed on a cluster from now on.' },
  'cluster.connection_changed': { version: 1, description: 'A cluster is reached in another way from now on.' },
  'cluster.cordoned': { version: 1, description: 'No new environments are placed on a cluster.' },
  'cluster.uncordoned': { version: 1, description: 'New environments may be placed on a cluster again.' },
  'cluster.drain_started': { version: 1, description: 'A cluster is to become empty.' },
  'cluster.drain_ended': { version: 1, description: 'A cluster is empty, or need not become so any more.' },
  'cluster.removed': { version: 1, description: 'A cluster is not used any more; nothing stood there.' },
};
