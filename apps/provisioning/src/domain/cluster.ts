import type { ClusterConnection } from '#libs/events/src/provisioning.js';

/** The cluster of the process's own `KUBECONFIG`. What was planned before there were others stands there. */
export const defaultCluster = 'default';

export type ClusterState =
  | { readonly status: 'none' }
  | { readonly status: 'open'; readonly connection: ClusterConnection }
  | {
      readonly status: 'cordoned' | 'draining';
      readonly connection: ClusterConnection;
      /** ISO instant since which nothing new is placed there. */
      readonly since: string;
    }
  | { readonly status: 'removed' };

export type ClusterStatus = 'open' | 'cordoned' | 'draining';

export type ClusterRefusal =
  'cluster_not_found' | 'cluster_exists' | 'cluster_not_cordoned' | 'cluster_not_empty' | 'cluster_settling';
