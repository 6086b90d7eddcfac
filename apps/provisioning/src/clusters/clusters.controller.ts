import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { CordonCluster, DrainCluster, RemoveCluster, UncordonCluster } from '../domain/cluster.decider.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { AddedClusters } from './added-clusters.js';
import { AddClusterDto, ClusterConnectionDto, ClusterParams, CordonClusterDto, DrainResult } from './clusters.dto.js';
import { StandingEnvironments } from './standing.js';

/** What operators do with clusters. */
@ApiTags('Clusters')
@Controller('clusters')
export class ClustersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly additions: AddedClusters,
    private readonly standing: StandingEnvironments,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  @Post()
  @RequirePermission('clusters:operate')
  @ApiOperation({
    summary: 'Add a cluster',
    description: 'It is asked whether it lets us in, and then new environments of its regions may be placed there.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async add(
    @Body() body: AddClusterDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const unknown = body.regions?.find((region) => !this.catalogue.regions[region]);
    if (unknown !== undefined) {
      const regions = Object.keys(this.catalogue.regions).join(', ');
      throw provisioningProblem('not_in_catalogue', `There is no region "${unknown}". Name some of ${regions}.`);
    }
    const done = await this.additions.add(body, context);
    void reply.header('Location', `/api/clusters/${body.id}`);
    return commandResult(done, reply);
  }

  @Put(':id/connection')
  @RequirePermission('clusters:operate')
  @ApiOperation({
    summary: 'Replace the connection of a cluster',
    description:
      'For a kubeconfig that has expired. The cluster, which has to be the same one, is asked whether it lets us in; ' +
      'then every process reaches it in the new way, and the old kubeconfig is destroyed.',
  })
  @ApiOkResponse({ type: CommandResult })
  async reconnect(
    @Param() { id }: ClusterParams,
    @Body() { kubeconfig }: ClusterConnectionDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.additions.reconnect(id, kubeconfig, context), reply);
  }

  @Post(':id/cordon')
  @HttpCode(200)
  @RequirePermission('clusters:operate')
  @ApiOperation({
    summary: 'Cordon a cluster',
    description: 'No new environments are placed there. What stands there is worked on as before.',
  })
  @ApiBody({ type: CordonClusterDto, required: false })
  @ApiOkResponse({ type: CommandResult })
  async cordon(
    @Param() { id }: ClusterParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() { reason }: CordonClusterDto = {},
  ): Promise<CommandResult> {
    const data = reason === undefined ? {} : { reason };
    const done: Committed = await this.commands.execute(new CordonCluster(id, data, context));
    return commandResult(done, reply);
  }

  @Post(':id/uncordon')
  @HttpCode(200)
  @RequirePermission('clusters:operate')
  @ApiOperation({
    summary: 'Uncordon a cluster',
    description: 'New environments may be placed there again; a drain ends with it.',
  })
  @ApiOkResponse({ type: CommandResult })
  async uncordon(
    @Param() { id }: ClusterParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new UncordonCluster(id, {}, context));
    return commandResult(done, reply);
  }

  @Post(':id/drain')
  @HttpCode(200)
  @RequirePermission('clusters:operate')
  @ApiOperation({
    summary: 'Drain a cluster',
    description:
      'Cordons it and tells what still stands there. Environments are not moved: they stay until they end, and the ' +
      'drain ends with the last one.',
  })
  @ApiOkResponse({ type: DrainResult })
  async drain(
    @Param() { id }: ClusterParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DrainResult> {
    const standing = await this.standing.on(id);
    const data = { environments: standing.count };
    const done: Committed = await this.commands.execute(new DrainCluster(id, data, context));
    commandResult(done, reply);
    return new DrainResult(done, standing);
  }

  @Delete(':id')
  @RequirePermission('clusters:operate')
  @ApiOperation({
    summary: 'Remove a cluster',
    description: 'Only a cordoned one on which nothing stands. Its kubeconfig is destroyed; its id is not used again.',
  })
  @ApiOkResponse({ type: CommandResult })
  async remove(
    @Param() { id }: ClusterParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { count: environments } = await this.standing.on(id);
    const data = { environments, settleMs: this.settings.leaseMs };
    try {
      const done: Committed = await this.commands.execute(new RemoveCluster(id, data, context));
      return commandResult(done, reply);
    } finally {
      // Also when it is refused because it was removed: whoever did that may have been killed before this line.
      await this.additions.destroyFormer(id);
    }
  }
}
