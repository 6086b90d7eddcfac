import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { ClusterConnection } from '#libs/events/src/provisioning.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { defaultCluster } from '../domain/cluster.js';
import { clusterDecider } from '../domain/cluster.decider.js';
import type { Known } from '../domain/environment.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubeconfigSource } from '../kubernetes/transport.js';
import type { WorkloadWatch } from '../steps/workload-watch.js';
import { Cluster } from './cluster.js';
import { ClusterCredentials } from './cluster-credentials.js';

/** Where the kubeconfig of this process stands. */
export const PROCESS_KUBECONFIG = Symbol('kubeconfig of this process');

/** An environment, as far as it says where it stands. */
type Placed = Pick<Known, 'clusterId'>;

/** Every cluster that environments stand on, each with its own connections, watch, places and breaker. */
@Injectable()
export class Clusters implements OnApplicationShutdown {
  /** Those that this process has worked with, until somebody changes how they are reached. */
  private readonly connecting = new Map<string, Promise<Cluster>>();
  private readonly connected = new Map<string, Cluster>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly aggregates: Aggregates,
    private readonly credentials: ClusterCredentials,
    @Inject(PROCESS_KUBECONFIG) private readonly own: KubeconfigSource,
  ) {}

  /** The client of the cluster on which an environment stands. @throws StepFailed, EventStoreUnavailable */
  async of(environment: Placed): Promise<KubernetesClient> {
    return (await this.at(environment)).client;
  }

  /** What wakes those who wait for something in that cluster. @throws StepFailed, EventStoreUnavailable */
  async watchOf(environment: Placed): Promise<WorkloadWatch> {
    return (await this.at(environment)).watch;
  }

  /** @throws StepFailed for a cluster that was removed, or can't be reached in the way on record */
  at({ clusterId = defaultCluster }: Placed): Promise<Cluster> {
    const known = this.connecting.get(clusterId);
    if (known) return known;
    const cluster = this.connect(clusterId);
    this.connecting.set(clusterId, cluster);
    cluster.then(
      (reached) => {
        if (this.connecting.get(clusterId) === cluster) this.connected.set(clusterId, reached);
      },
      () => {
        // It may succeed the next time: the event store or the database may have been away.
        if (this.connecting.get(clusterId) === cluster) this.connecting.delete(clusterId);
      },
    );
    return cluster;
  }

  /** Whoever asks for it next has it reached in the way that is on record then. */
  forget(clusterId: string): void {
    const known = this.connecting.get(clusterId);
    if (!known) return;
    this.connecting.delete(clusterId);
    this.connected.delete(clusterId);
    // Requests under way fail, and their steps are tried again.
    known.then(
      (cluster) => cluster.close(),
      () => undefined,
    );
    // What waited for it to answer has the new way to try.
    this.listeners.forEach((listener) => listener());
  }

  /** As this process sees it; undefined before it had to do with the cluster. */
  seen(clusterId: string): Cluster | undefined {
    return this.connected.get(clusterId);
  }

  /** All that this process has had to do with. */
  get all(): readonly Cluster[] {
    return [...this.connected.values()];
  }

  /** Calls `listener` each time a cluster answers again after it was away. */
  onBack(listener: () => void): void {
    this.listeners.add(listener);
  }

  onApplicationShutdown(): void {
    for (const cluster of this.connected.values()) cluster.close();
  }

  private async connect(id: string): Promise<Cluster> {
    const state = await this.aggregates.load(clusterDecider, id);
    // What was planned on it stood there before there was a registry.
    const connection: ClusterConnection | undefined =
      'connection' in state ? state.connection : id === defaultCluster ? { via: 'process' } : undefined;
    if (!connection || state.status === 'removed') {
      throw new StepFailed({
        class: 'configuration',
        reason: `The cluster ${id} is not in the registry`,
        whatToDo: 'Find out what became of it, and ask for the environment anew on another one.',
      });
    }
    const source = await this.sourceOf(id, connection);
    const back = (): void => this.listeners.forEach((listener) => listener());
    return Cluster.connect(id, source, back);
  }

  private async sourceOf(id: string, connection: ClusterConnection): Promise<KubeconfigSource> {
    switch (connection.via) {
      case 'process':
        return this.own;
      case 'in_cluster':
        return { via: 'in_cluster' };
      case 'kubeconfig': {
        const text = await this.credentials.open(connection.credential.id);
        if (text !== undefined) return { text };
        throw new StepFailed({
          class: 'configuration',
          reason: `The kubeconfig of the cluster ${id} is missing from the credential table`,
          whatToDo: 'Restore the database of provisioning together with the log.',
        });
      }
      default:
        return unreachable(connection);
    }
  }
}
