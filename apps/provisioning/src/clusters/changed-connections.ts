import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import type { ClusterEvent } from '#libs/events/src/provisioning.js';
import { Clusters } from './clusters.js';

const batch = 200;
const pauseMs = 1_000;
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
    private readonly store: EventStore,
    private readonly tail: LogTail,
    private readonly clusters: Clusters,
  ) {}

  onApplicationBootstrap(): void {
    this.following = this.follow(this.stopping.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.followOnce(signal);
      } catch (error) {
        this.logger.warn(
          { err: error },
          'Changed connections of clusters are heard of late: the log can not be followed',
        );
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async followOnce(signal: AbortSignal): Promise<void> {
    const cursor = this.tail.open(await this.store.head(), (type) => changing.has(type));
    // What changed while nobody followed is not told any more.
    for (const { id } of this.clusters.all) this.clusters.forget(id);
    try {
      for (;;) {
        const taken = await cursor.take(batch, signal);
        if (!taken) return;
        cursor.advance(taken.position);
        for (const { data } of taken.events) this.clusters.forget((data as ClusterEvent['data']).clusterId);
      }
    } finally {
      cursor.close();
    }
  }
}
