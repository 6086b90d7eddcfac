import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { serveEvents } from '#libs/http/src/sse.js';
import { environmentListProjection } from '../environment-list/environment-list.projection.js';
import { EnvironmentFeed } from '../environment-progress/environment-feed.js';
import { lastEventIdHeader, lastEventPosition } from '../environment-progress/last-event-position.js';
import { Dashboard } from './dashboard.js';
import { DashboardFeed } from './dashboard-feed.js';
import { DashboardView } from './dashboard.dto.js';

@ApiTags('Environments')
@Controller('environments/dashboard')
export class DashboardController {
  constructor(
    private readonly dashboard: Dashboard,
    private readonly feed: DashboardFeed,
    private readonly environments: EnvironmentFeed,
  ) {}

  @Get()
  @ReadsFrom(environmentListProjection)
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Read the dashboard of all environments',
    description:
      'How many are where and for how long, how many fail, how long a build takes, and what a month of them costs.',
  })
  @ApiOkResponse({ type: DashboardView })
  read(): Promise<DashboardView> {
    return this.dashboard.read();
  }

  @Get('events')
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Follow the dashboard of all environments',
    description:
      'Server-sent events: all parts of the dashboard, then each part anew when it changes, at most once a second. ' +
      'The event name is that of the part. With Last-Event-ID the first ones come when something has happened since.',
  })
  @ApiHeader(lastEventIdHeader)
  @ApiOkResponse({
    description: 'Parts of the dashboard.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  async follow(@Req() request: ApiRequest, @Res() reply: FastifyReply): Promise<void> {
    const head = await this.environments.head();
    const after = lastEventPosition(request, head);
    await serveEvents(request, reply, (signal) => this.feed.changes(after, head, signal));
  }
}
