import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Not, type Repository } from 'typeorm';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { EnvironmentRow } from '../environment-list/environment-list.entity.js';
import { environmentListProjection } from '../environment-list/environment-list.projection.js';
import type { Standing } from './clusters.dto.js';

const named = 50;

/** What stands on clusters: everything that was placed there and is not deleted. */
@Injectable()
export class StandingEnvironments {
  constructor(
    @InjectRepository(EnvironmentRow, 'provisioning') private readonly rows: Repository<EnvironmentRow>,
    private readonly contexts: ContextRegistry,
    private readonly store: EventStore,
  ) {}

  /** As the log says it now. @throws ReadModelBehind, EventStoreUnavailable */
  async on(clusterId: string): Promise<Standing> {
    await this.contexts.readModels.awaitPosition(environmentListProjection.name, await this.store.head());
    const [rows, count] = await this.rows.findAndCount({
      where: { clusterId, status: Not(In(['deleted', 'cancelled'])) },
      order: { requestedAt: 'asc' },
      take: named,
    });
    return { count, first: rows.map(({ environmentId: id, externalId, status }) => ({ id, externalId, status })) };
  }

  /** As the read model says it. `among`: which of these it shows already. */
  async counts(among: readonly string[] = []): Promise<readonly ClusterCount[]> {
    return this.rows.query<ClusterCount[]>(
      `select cluster_id as "clusterId", count(*)::integer as standing,
         coalesce(array_agg(environment_id) filter (where environment_id = any($1)), '{}') as shown
       from environment_list where cluster_id is not null and status not in ('deleted', 'cancelled')
       group by cluster_id`,
      [among],
    );
  }
}

export interface ClusterCount {
  readonly clusterId: string;
  readonly standing: number;
  readonly shown: readonly string[];
}
