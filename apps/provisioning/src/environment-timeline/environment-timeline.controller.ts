import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags, PickType } from '@nestjs/swagger';
import { RequirePermission } from '#libs/auth/src/access.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { decodeCursor, encodeCursor, PageQuery } from '#libs/http/src/paging.js';
import { EnvironmentParams } from '../environment.dto.js';
import { environmentStream } from '../environments.js';
import { EventEnvelope, envelopeOf, type RecordedEnvironmentEvent } from '../event-envelope.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { inWords } from './in-words.js';

const oldestFirst = 'revision';

class TimelineQuery extends PickType(PageQuery, ['limit', 'cursor']) {}

class TimelineEntry extends EventEnvelope {
  @ApiProperty({ example: 'The step apply began.', description: 'What happened, in plain words.' }) line: string;
}

class TimelinePage {
  @ApiProperty({ type: [TimelineEntry] }) items: TimelineEntry[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next: string | null;
}

@ApiTags('Environments')
@Controller('environments')
export class EnvironmentTimelineController {
  constructor(
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  @Get(':id/timeline')
  @RequirePermission('environments:read')
  @ApiOperation({
    summary: 'Read the timeline of an environment',
    description: 'Every event from the log, oldest first.',
  })
  @ApiOkResponse({ type: TimelinePage })
  async timeline(@Param() { id }: EnvironmentParams, @Query() { limit, cursor }: TimelineQuery): Promise<TimelinePage> {
    const from = cursor === undefined ? 0 : Number(decodeCursor(cursor, oldestFirst).value);
    const items: TimelineEntry[] = [];
    for await (const stored of this.store.readStream(environmentStream(id), from)) {
      if (items.length === limit) return { items, next: encodeCursor(oldestFirst, String(stored.revision), id) };
      const event = this.schemas.current<EnvironmentEvent>(stored) as RecordedEnvironmentEvent;
      items.push({ ...envelopeOf(event), line: inWords(event) });
    }
    if (items.length === 0 && from === 0) throw provisioningProblem('environment_not_found');
    return { items, next: null };
  }
}
