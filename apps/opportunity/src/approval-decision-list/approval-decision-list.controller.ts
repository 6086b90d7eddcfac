import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { eventPageOf, HistoryPage, HistoryQuery } from '#libs/http/src/history.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { PageOf, pageOf, type PageOrder, PageQuery } from '#libs/http/src/paging.js';
import type { Caller } from '#libs/http/src/request.js';
import { approvalDecider } from '../domain/approval.decider.js';
import { KnownPeople } from '../known-people.js';
import { opportunityProblem } from '../opportunity.problems.js';
import { approvalDecisionListProjection } from './approval-decision-list.projection.js';
import { ApprovalDecisionRow } from './approval-decision.entity.js';

const order: PageOrder<ApprovalDecisionRow> = { sorts: ['decidedAt'], defaultSort: 'decidedAt' };
const nullableText = { type: String, nullable: true } as const;

class DecisionView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: ['approved', 'rejected', 'recalled'] }) decision: ApprovalDecisionRow['decision'];
  @ApiProperty({ type: Number, nullable: true, description: 'From 0; null for a recall.' }) step: number | null;
  @ApiProperty({ ...nullableText, description: 'The approver in whose name; null for a recall.' })
  approverId: string | null;
  @ApiProperty(nullableText) approverName: string | null;
  @ApiProperty({ description: 'Who decided: the approver, or who stood in for them; "system" for a consequence.' })
  decidedBy: string;
  @ApiProperty(nullableText) decidedByName: string | null;
  @ApiProperty({ type: [String], description: 'The delegates from one to the other.' }) via: readonly string[];
  @ApiProperty(nullableText) comment: string | null;
  @ApiProperty({ format: 'date-time' }) decidedAt: string;
}

class DecisionPage extends PageOf(DecisionView) {}

@ApiTags('Approvals')
@Controller('approvals')
export class ApprovalDecisionListController {
  constructor(
    @InjectRepository(ApprovalDecisionRow, 'opportunity') private readonly rows: Repository<ApprovalDecisionRow>,
    private readonly people: KnownPeople,
    private readonly aggregates: Aggregates,
  ) {}

  @Get(':id/decisions')
  @ReadsFrom(approvalDecisionListProjection)
  @RequirePermission('approvals:read')
  @ApiOperation({
    summary: 'List the decisions on an approval request',
    description:
      'Who decided, in whose place, and what they said. Sorts: decidedAt. Oldest first. None for an unknown id.',
  })
  @ApiOkResponse({ type: DecisionPage })
  async decisions(@Param() { id }: IdParams, @Query() query: PageQuery): Promise<DecisionPage> {
    const { items, ...page } = await pageOf(this.rows, { approvalId: id }, query, order);
    const names = await this.people.namesOf(
      [],
      items.flatMap(({ approverId, decidedBy }) => [approverId, decidedBy]),
    );
    const views = items.map(({ approvalId: _id, textsOf: _texts, ...row }) => ({
      ...row,
      approverName: row.approverId === null ? null : (names.get(row.approverId) ?? null),
      decidedByName: names.get(row.decidedBy) ?? null,
    }));
    return { items: views, ...page };
  }

  @Get(':id/history')
  @RequirePermission('approvals:read')
  @ApiOperation({
    summary: 'Read the history of an approval request',
    description: 'Every event from the log, oldest first: changes, decisions, reminders, escalations.',
  })
  @ApiOkResponse({ type: HistoryPage })
  async history(
    @Param() { id }: IdParams,
    @Query() query: HistoryQuery,
    @Principal() caller: Caller,
  ): Promise<HistoryPage> {
    const page = await eventPageOf(id, query, caller, (from, options) =>
      this.aggregates.history(approvalDecider, id, from, options),
    );
    if (!page) throw opportunityProblem('approval_not_found');
    return page;
  }
}
