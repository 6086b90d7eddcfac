import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { clusterDecider, EndDrain } from '../domain/cluster.decider.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { StandingEnvironments } from './standing.js';

type Deleted = RecordedEvent<{ type: 'environment.deleted'; data: EnvironmentEvents['environment.deleted'] }>;

/** A cluster that is drained is empty when the last of its environments is gone. */
@Controller()
export class EndDrainPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly standing: StandingEnvironments,
  ) {}

  @Policy('provisioning/end-drain', { on: ['environment.deleted'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: Deleted, @Ctx() context: PolicyContext): Promise<void> {
    const environment = await this.aggregates.load(environmentDecider, event.data.environmentId);
    const clusterId = environment.status === 'none' ? undefined : environment.clusterId;
    if (clusterId === undefined) return;
    const cluster = await this.aggregates.load(clusterDecider, clusterId);
    if (cluster.status !== 'draining' || (await this.standing.on(clusterId)).count > 0) return;
    await this.commands.execute(new EndDrain(clusterId, {}, context.command(clusterId)));
  }
}
