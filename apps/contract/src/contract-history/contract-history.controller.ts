import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags, PickType } from '@nestjs/swagger';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { decodeCursor, encodeCursor, PageQuery } from '#libs/http/src/paging.js';
import type { Caller } from '#libs/http/src/request.js';
import { ContractParams } from '../contract.dto.js';
import { contractProblem } from '../contract.problems.js';

const seeAddresses = ['ADMIN', 'COMPLIANCE'];
const oldestFirst = 'revision';

class HistoryQuery extends PickType(PageQuery, ['limit', 'cursor']) {}

class HistoryActor {
  @ApiProperty({ description: 'A user, a machine client or policy:<name>.' }) id: string;
  @ApiProperty() role: string;
  @ApiPropertyOptional({ description: 'Shown to ADMIN and COMPLIANCE.' }) ip?: string;
}

class HistoryMetadata {
  @ApiProperty({ description: 'Number of the event in the history of this contract, from 0.' }) revision: number;
  @ApiProperty({ description: 'Place in the whole log, a decimal number.' }) position: string;
  @ApiProperty() actor: HistoryActor;
  @ApiProperty() commandId: string;
  @ApiProperty() correlationId: string;
  @ApiPropertyOptional({ description: 'Id of the event that caused this one.' }) causationId?: string;
  @ApiProperty() schemaVersion: number;
}

class HistoryEntry {
  @ApiProperty({ format: 'uuid' }) eventId: string;
  @ApiProperty({ example: 'contract.signed' }) eventType: string;
  @ApiProperty({ format: 'date-time' }) timestamp: string;
  @ApiProperty({ type: Object, description: 'What happened, as the event of this type tells it.' }) data: object;
  @ApiProperty() metadata: HistoryMetadata;
}

class HistoryPage {
  @ApiProperty({ type: [HistoryEntry] }) items: HistoryEntry[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next: string | null;
}

@ApiTags('Contracts')
@Controller('contracts')
export class ContractHistoryController {
  constructor(
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  @Get(':id/history')
  @RequirePermission('contracts:read')
  @ApiOperation({ summary: 'Read the history of a contract', description: 'Every event from the log, oldest first.' })
  @ApiOkResponse({ type: HistoryPage })
  async history(
    @Param() { id }: ContractParams,
    @Query() { limit, cursor }: HistoryQuery,
    @Principal() caller: Caller,
  ): Promise<HistoryPage> {
    const from = cursor === undefined ? 0 : firstRevision(cursor, id);
    const showIp = caller.roles.some((role) => seeAddresses.includes(role));
    const items: HistoryEntry[] = [];
    for await (const stored of this.store.readStream(`contract-${id}`, from)) {
      if (items.length === limit) return { items, next: encodeCursor(oldestFirst, String(stored.revision), id) };
      items.push(entry(this.schemas.current(stored), showIp));
    }
    if (items.length === 0 && from === 0) throw contractProblem('contract_not_found');
    return { items, next: null };
  }
}

function firstRevision(cursor: string, contractId: string): number {
  const { value, id } = decodeCursor(cursor, oldestFirst);
  if (id !== contractId || !/^\d{1,15}$/.test(value)) throw httpProblem('invalid_cursor');
  return Number(value);
}

function entry(event: RecordedEvent, showIp: boolean): HistoryEntry {
  const { actor, occurredAt, commandId, correlationId, causationId, schemaVersion } = event.metadata;
  return {
    eventId: event.id,
    eventType: event.type,
    timestamp: occurredAt,
    data: event.data,
    metadata: {
      revision: event.revision,
      position: event.position.toString(),
      actor: { id: actor.id, role: actor.role, ...(showIp && actor.ip !== undefined && { ip: actor.ip }) },
      commandId,
      correlationId,
      ...(causationId !== undefined && { causationId }),
      schemaVersion,
    },
  };
}
