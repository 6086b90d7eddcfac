import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Counter, Gauge, register } from 'prom-client';
import { HealthRegistry } from '#libs/http/src/health.js';
import type { Cluster } from './cluster.js';
import { Clusters } from './clusters.js';

// The registry belongs to the process, and a process may hold several apps.
const sources = new Set<() => readonly Cluster[]>();
const everyCluster = (): readonly Cluster[] => [...sources].flatMap((source) => source());

/**
 * Tells in `/metrics` and `/ready` which clusters answer, as this process sees it. A cluster that is away makes nobody
 * unready: everything else goes on.
 */
@Injectable()
export class ClusterReports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly source = (): readonly Cluster[] => this.clusters.all;

  constructor(
    private readonly clusters: Clusters,
    health: HealthRegistry,
  ) {
    health.register('provisioning.clusters', () => Promise.resolve({ ok: true, detail: { clusters: this.states() } }));
  }

  onApplicationBootstrap(): void {
    if (!register.getSingleMetric('cluster_up')) declareMetrics();
    sources.add(this.source);
  }

  beforeApplicationShutdown(): void {
    sources.delete(this.source);
  }

  private states(): readonly object[] {
    return this.clusters.all.map(({ id, breaker: { closed } }) => ({
      id,
      answers: closed === undefined,
      ...(closed && { awaySince: closed.since.toISOString(), reason: closed.why }),
    }));
  }
}

function declareMetrics(): void {
  gauge('cluster_up', '1 while the cluster answers this process, 0 while it is away.', ({ breaker }) =>
    breaker.closed ? 0 : 1,
  );
  gauge(
    'cluster_environments_in_hand',
    'Environments of the cluster that this process works on.',
    ({ lane }) => lane.inHand,
  );
  const trips = 'How often the cluster stopped to answer this process.';
  const counter = new Counter({
    name: 'cluster_outages_total',
    help: trips,
    labelNames: ['cluster'],
    registers: [],
    collect() {
      this.reset();
      for (const { id, breaker } of everyCluster()) this.inc({ cluster: id }, breaker.tripped);
    },
  });
  register.registerMetric(counter);
}

function gauge(name: string, help: string, value: (cluster: Cluster) => number): void {
  const collect = function (this: Gauge): void {
    this.reset();
    for (const cluster of everyCluster()) this.set({ cluster: cluster.id }, value(cluster));
  };
  register.registerMetric(new Gauge({ name, help, labelNames: ['cluster'], registers: [], collect }));
}
