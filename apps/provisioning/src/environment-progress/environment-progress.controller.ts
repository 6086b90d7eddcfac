import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { serveEvents } from '#libs/http/src/sse.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { EnvironmentFeed } from './environment-feed.js';
import { lastEventIdHeader, lastEventPosition } from './last-event-position.js';

const stream = { content: { 'text/event-stream': { schema: { type: 'string' } } } } as const;

@ApiTags('Environments')
@Controller('environments')
export class EnvironmentProgressController {
  constructor(
    private readonly feed: EnvironmentFeed,
    private readonly aggregates: Aggregates,
  ) {}

  @Get('events')
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Follow all environments',
    description: 'Server-sent events, from Last-Event-ID or from now on. The event name is the event type.',
  })
  @ApiHeader(lastEventIdHeader)
  @ApiOkResponse({ description: 'Events in the envelope of the timeline.', ...stream })
  async all(@Req() request: ApiRequest, @Res() reply: FastifyReply): Promise<void> {
    const head = await this.feed.head();
    const after = lastEventPosition(request, head) ?? head;
    await serveEvents(request, reply, (signal) => this.feed.all(after, signal));
  }

  @Get(':id/events')
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Follow one environment',
    description: 'Server-sent events: its history after Last-Event-ID, then what happens. It ends when you go.',
  })
  @ApiHeader(lastEventIdHeader)
  @ApiOkResponse({ description: 'Events in the envelope of the timeline.', ...stream })
  async one(@Param() { id }: IdParams, @Req() request: ApiRequest, @Res() reply: FastifyReply): Promise<void> {
    const after = lastEventPosition(request, await this.feed.head()) ?? -1n;
    const environment = await this.aggregates.load(environmentDecider, id);
    if (environment.status === 'none') throw provisioningProblem('environment_not_found');
    await serveEvents(request, reply, (signal) => this.feed.one(id, after, signal));
  }
}
