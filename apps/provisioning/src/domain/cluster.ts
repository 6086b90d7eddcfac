import type { ClusterConnection } from '#libs/events/src/provisioning.js';

/** The cluster of the process's own `KUBECONFIG`. What was planned before there were others stands there. */
export const defaultCluster = 'default';

interface Reached {
  readonly connection: ClusterConnection;
  /** The one environment that may stand there; any when absent. */
  readonly dedicatedTo?: string;
  /** Credentials by which it was reached before; to be destroyed. */
  readonly former: readonly string[];
}

export type ClusterState =
  | { readonly status: 'none' }
  | (Reached & { readonly status: 'open' })
  | (Reached & {
      readonly status: 'cordoned' | 'draining';
      /** ISO instant since which nothing new is placed there. */
      readonly since: string;
    })
  | (Pick<Reached, 'former'> & { readonly status: 'removed' });

export type ClusterStatus = 'open' | 'cordoned' | 'draining';

export type ClusterRefusal =
  'cluster_not_found' | 'cluster_exists' | 'cluster_not_cordoned' | 'cluster_not_empty' | 'cluster_settling';

/** Its credentials that nobody uses any more. */
export function formerCredentials(cluster: ClusterState): readonly string[] {
  return cluster.status === 'none' ? [] : cluster.former;
}

/** Every credential that the cluster has been reached by, once `connection` is over. */
export function withFormer({ connection, former }: Reached): readonly string[] {
  return connection.via === 'kubeconfig' ? [...former, connection.credential.id] : former;
}
