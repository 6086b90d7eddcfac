import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { rowOf } from '#libs/http/src/shown-rows.js';
import { ClusterChoice } from '../clusters/cluster-choice.js';
import { Clusters } from '../clusters/clusters.js';
import { Lane } from '../clusters/lane.js';
import type { Known } from '../domain/environment.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { EnvironmentRow } from '../environment-list/environment-list.entity.js';
import type { Place } from './places.js';
import { StepFailed } from './step-failed.js';
import { type StepJob, StepJobs } from './step-jobs.js';

/** Environments that may be in hand at once, most of them waiting for their pods; `Places` says how many do more. */
export const mostInHand = 128;
/** However many clusters there are, so many environments of each may be in hand. */
const leastOfEach = 16;

/** How many environments of one cluster may be in hand, where a process has to do with so many clusters. */
export function shareOf(clusters: number): number {
  return Math.max(leastOfEach, Math.floor(mostInHand / Math.max(1, clusters)));
}

/**
 * Each cluster has a lane of its own, so that one that is slow or away keeps no places from the others. Those that find
 * theirs full, or their cluster away, are not taken on: what is due stays due, and the next sweep brings it again.
 */
@Injectable()
export class Lanes {
  private readonly logger = new Logger('clusters');
  /** Of environments that stand nowhere: no cluster could be chosen, or one of their own has to be built first. */
  private readonly homeless = new Lane(() => false);

  constructor(
    private readonly clusters: Clusters,
    private readonly choice: ClusterChoice,
    private readonly aggregates: Aggregates,
    jobs: StepJobs,
    @InjectRepository(EnvironmentRow, 'provisioning') private readonly environments: Repository<EnvironmentRow>,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {
    clusters.onBack(() => {
      // A sweep would find them as well, a little later.
      jobs.addDue(new AbortController().signal).catch((error: unknown) => {
        this.logger.warn({ err: error }, 'What waited for a cluster is queued with the next sweep');
      });
    });
  }

  /** A place for the environment of a job; undefined when it can't be taken on now. `leave` it in the end. */
  async placeFor(job: StepJob): Promise<Place | undefined> {
    const lane = await this.laneOf(job);
    const share = shareOf(this.clusters.all.length);
    // A plan is made without the cluster. That it is away shows in the step after that, where the log can tell it.
    return lane.enter(share, job.step !== 'plan' && job.step !== 'infrastructure');
  }

  private async laneOf({ environmentId, step }: StepJob): Promise<Lane> {
    try {
      const clusterId = (await rowOf(this.environments, environmentId))?.clusterId ?? undefined;
      const home = clusterId === undefined ? await this.homeOf(environmentId, step === 'plan') : { clusterId };
      return home ? (await this.clusters.at(home)).lane : this.homeless;
    } catch (error) {
      // The step fails by the same, and the log says why.
      if (error instanceof StepFailed) return this.homeless;
      throw error;
    }
  }

  /** Of one that the read model does not show on a cluster yet; undefined when it stands nowhere for now. */
  private async homeOf(environmentId: string, isPlanned: boolean): Promise<Pick<Known, 'clusterId'> | undefined> {
    const environment = await this.aggregates.load(environmentDecider, environmentId);
    if (environment.status === 'none') return {};
    const { clusterId, identity } = environment;
    if (clusterId !== undefined) return { clusterId };
    // One that is chosen for it would keep room that somebody else needs.
    if (this.catalogue.plans[identity.terms.plan]?.dedicatedCluster) return undefined;
    return isPlanned ? { clusterId: await this.choice.choose(identity) } : {};
  }
}
