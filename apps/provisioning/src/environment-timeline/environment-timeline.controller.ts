import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags, OmitType } from '@nestjs/swagger';
import { RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { EventEnvelope } from '#libs/http/src/event-envelope.js';
import { historyOf, HistoryQuery } from '#libs/http/src/history.js';
import { PageOf } from '#libs/http/src/paging.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { environmentEnvelope } from '../environment-envelope.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { inWords } from './in-words.js';

class EnvironmentTimelineEntry extends EventEnvelope {
  @ApiProperty({ example: 'The step apply began.', description: 'What happened, in plain words.' }) line: string;
}

class EnvironmentTimelinePage extends OmitType(PageOf(EnvironmentTimelineEntry), ['total']) {}

@ApiTags('Environments')
@Controller('environments')
export class EnvironmentTimelineController {
  constructor(private readonly aggregates: Aggregates) {}

  @Get(':id/timeline')
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Read the timeline of an environment',
    description: 'Every event from the log, oldest first.',
  })
  @ApiOkResponse({ type: EnvironmentTimelinePage })
  async timeline(@Param() { id }: IdParams, @Query() query: HistoryQuery): Promise<EnvironmentTimelinePage> {
    const page = await historyOf(id, query, (from) => this.aggregates.history(environmentDecider, id, from));
    if (!page) throw provisioningProblem('environment_not_found');
    return {
      items: page.events.map((event) => ({ ...environmentEnvelope(event), line: inWords(event) })),
      next: page.next,
    };
  }
}
