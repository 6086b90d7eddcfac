import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { Between, type Shown } from '#libs/http/src/shown-rows.js';
import { AuditLogPage, AuditLogQuery, type AuditLogView } from './audit-log.dto.js';
import { AuditLogRow } from './audit-log.entity.js';
import { auditLogProjection } from './audit-log.projection.js';

const order: PageOrder<AuditLogRow> = { sorts: ['at'], defaultSort: '-at' };
/** Events that are read from the log side by side. */
const atOnce = 20;

@ApiTags('Audit logs')
@Controller('auth/audit-logs')
export class AuditLogController {
  constructor(
    @InjectRepository(AuditLogRow, 'identity') private readonly rows: Repository<AuditLogRow>,
    private readonly store: EventStore,
  ) {}

  @Get()
  @ReadsFrom(auditLogProjection)
  @RequirePermission('audit-logs:read')
  @ApiOperation({
    summary: 'Read who may enter, and who did',
    description:
      'Users, roles, sign-ins, refusals of people, machines and links, sessions, passwords, second factors, keys of machine clients, erasures. ' +
      'Newest first unless asked otherwise. Addresses come from the log, where they are sealed.',
  })
  @ApiOkResponse({ type: AuditLogPage })
  async list(@Query() query: AuditLogQuery): Promise<AuditLogPage> {
    const { type, userId, actorId, failure, from, before } = query;
    const at = new Between(
      from === undefined ? from : new Date(from),
      before === undefined ? before : new Date(before),
    );
    const { items, ...page } = await pageOf(this.rows, { type, userId, actorId, failure, at }, query, order);
    const shown: AuditLogView[] = [];
    for (let next = 0; next < items.length; next += atOnce) {
      shown.push(...(await Promise.all(items.slice(next, next + atOnce).map(async (row) => this.view(row)))));
    }
    return { items: shown, ...page };
  }

  private async view(row: Shown<AuditLogRow>): Promise<AuditLogView> {
    const { id, type, at, actorId, actorRole, userId, failure, details, correlationId } = row;
    const ip = await this.addressOf(row);
    const actor = { id: actorId, role: actorRole, ...(ip !== undefined && { ip }) };
    return { id, type, at, actor, userId, failure, details, correlationId };
  }

  private async addressOf({ stream, revision }: Shown<AuditLogRow>): Promise<string | undefined> {
    const events = this.store.readStream(stream, revision, { addresses: true });
    for await (const { metadata } of events) return metadata.actor.ip;
    return undefined;
  }
}
