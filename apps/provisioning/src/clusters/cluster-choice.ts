import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { Turns } from '#libs/event-sourcing/src/turns.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { ClusterRow } from '../cluster-list/cluster-list.entity.js';
import { clusterDecider } from '../domain/cluster.decider.js';
import type { EnvironmentIdentity } from '../domain/environment.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { Clusters } from './clusters.js';
import { DefaultCluster } from './default-cluster.js';
import { type Candidate, rank } from './rank.js';
import { StandingEnvironments } from './standing.js';

/** An environment that stands nowhere yet. */
type Homeless = Pick<EnvironmentIdentity, 'environmentId' | 'terms'>;

/** Room on a cluster that is kept for an environment of this region. */
interface Booking {
  readonly clusterId: string;
  readonly region: string;
  /** As `performance.now()` tells it. */
  readonly until: number;
}

/** Chooses the cluster on which a new environment is to stand for life. */
@Injectable()
export class ClusterChoice {
  /** What this process chose and the read model does not show yet, by environment. */
  private readonly chosen = new Map<string, Booking>();

  /** Two at once would both take the last room. */
  private readonly turns = new Turns(1);

  constructor(
    @InjectRepository(ClusterRow, 'provisioning') private readonly clusters: Repository<ClusterRow>,
    private readonly environments: StandingEnvironments,
    private readonly aggregates: Aggregates,
    private readonly known: Clusters,
    private readonly first: DefaultCluster,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  /**
   * The same cluster again while a choice is not on record yet.
   * @throws StepFailed a shortage, when no cluster has room
   */
  async choose(environment: Homeless): Promise<string> {
    const end = await this.turns.enter();
    try {
      return await this.chooseNow(environment);
    } finally {
      end();
    }
  }

  /** Looks whether a cluster has room now; nothing is chosen. @throws StepFailed a shortage, when none has */
  async look(environment: Homeless): Promise<void> {
    if ((await this.candidates(environment)).length === 0) throw noRoom(environment);
  }

  private async chooseNow(environment: Homeless): Promise<string> {
    const before = this.chosen.get(environment.environmentId);
    const stillFits = before?.region === environment.terms.region && before.until > performance.now();
    // A worker asks for its place, and again when it has planned: the others need not be counted twice.
    if (stillFits && (await this.isOpen(before.clusterId))) return this.book(environment, before.clusterId);
    for (const { id } of await this.candidates(environment)) {
      if (await this.isOpen(id)) return this.book(environment, id);
    }
    throw noRoom(environment);
  }

  /** The list may not show yet that it was cordoned. */
  private async isOpen(clusterId: string): Promise<boolean> {
    return (await this.aggregates.load(clusterDecider, clusterId)).status === 'open';
  }

  private book({ environmentId, terms: { region } }: Homeless, clusterId: string): string {
    this.chosen.set(environmentId, { clusterId, region, until: performance.now() + 2 * this.settings.leaseMs });
    return clusterId;
  }

  private async candidates({ environmentId, terms }: Homeless): Promise<readonly Candidate[]> {
    await this.first.added();
    const usable = (await this.clusters.find())
      .filter(({ status }) => status === 'open')
      .filter(({ regions }) => regions.length === 0 || regions.includes(terms.region))
      .filter(({ dedicatedTo }) => dedicatedTo === null || dedicatedTo === environmentId);
    const standing = await this.standing(usable.some(({ capacity }) => capacity !== null));
    const before = this.chosen.get(environmentId)?.clusterId;
    const candidates = usable.map(({ id, capacity, dedicatedTo }) => {
      const others = (standing.get(id) ?? 0) - (before === id ? 1 : 0);
      const free = capacity === null ? undefined : capacity - others;
      const away = this.known.seen(id)?.breaker.closed !== undefined;
      return {
        id,
        away,
        chosen: before === id,
        dedicated: dedicatedTo !== null,
        ...(free !== undefined && { free }),
      };
    });
    return rank(candidates);
  }

  /**
   * How many environments stand on each cluster, with those that were chosen for it a moment ago.
   * @param isLimited without any limit nobody needs the numbers, and only what was chosen too long ago is dropped
   */
  private async standing(isLimited: boolean): Promise<ReadonlyMap<string, number>> {
    const rows = isLimited ? await this.environments.counts([...this.chosen.keys()]) : [];
    const counts = new Map(rows.map(({ clusterId, standing }) => [clusterId, standing]));
    const shown = new Set(rows.flatMap((row) => row.shown));
    for (const [environmentId, { clusterId, until }] of this.chosen) {
      if (shown.has(environmentId) || until < performance.now()) this.chosen.delete(environmentId);
      else counts.set(clusterId, (counts.get(clusterId) ?? 0) + 1);
    }
    return counts;
  }
}

function noRoom({ terms }: Homeless): StepFailed {
  return new StepFailed({
    class: 'resource_shortage',
    reason: `No cluster has room for another environment in ${terms.region}`,
    whatToDo:
      'Add a cluster for the region, or uncordon one (GET /api/clusters shows them). ' +
      'The work goes on by itself when there is room.',
  });
}
