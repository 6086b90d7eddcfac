import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LiveEvents } from '#libs/event-sourcing/src/live-events.js';
import type { ClusterEvent } from '#libs/events/src/provisioning.js';
import { Clusters } from './clusters.js';

const changing: ReadonlySet<string> = new Set<ClusterEvent['type']>(['cluster.connection_changed', 'cluster.removed']);

/**
 * Every process keeps its connections to clusters. It drops those of a cluster that is reached in another way from now
 * on, or not at all, as it follows the live end of the log.
 */
@Injectable()
export class ChangedConnections implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('clusters');
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly live: LiveEvents,
    private readonly clusters: Clusters,
  ) {}

  onApplicationBootstrap(): void {
    this.following = this.live.follow(
      {
        wants: (type) => changing.has(type),
        // What changed while nobody followed is not told any more.
        begins: () => this.clusters.all.forEach(({ id }) => this.clusters.forget(id)),
        hears: ({ data }) => this.clusters.forget((data as ClusterEvent['data']).clusterId),
        ends: (err) => {
          if (err) this.logger.warn({ err }, 'Connections that change are heard of late: the log can not be followed');
        },
      },
      this.stopping.signal,
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }
}
