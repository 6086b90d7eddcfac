import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubeconfigSource } from '../kubernetes/transport.js';
import { WorkloadWatch } from '../steps/workload-watch.js';
import { Breaker } from './breaker.js';
import { Lane } from './lane.js';

/** One cluster as this process works with it. */
export class Cluster {
  readonly watch: WorkloadWatch;
  readonly lane: Lane;

  private constructor(
    readonly id: string,
    readonly client: KubernetesClient,
    readonly breaker: Breaker,
  ) {
    this.watch = new WorkloadWatch(client);
    this.lane = new Lane(() => breaker.closed !== undefined);
  }

  /**
   * Nothing is sent yet: the cluster may be away.
   * @param back called each time it answers again after it was away
   * @throws when the kubeconfig is not usable
   */
  static async connect(id: string, source: KubeconfigSource, back: () => void): Promise<Cluster> {
    const probe = (signal: AbortSignal): Promise<void> => client.probe(signal);
    const breaker = new Breaker({ probe, back });
    const client = await KubernetesClient.connect(source, breaker);
    return new Cluster(id, client, breaker);
  }

  close(): void {
    this.breaker.stop();
    this.watch.close();
    this.client.close();
  }
}
