import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { In, type Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder, type PageQuery } from '#libs/http/src/paging.js';
import { AnyOf, type Filter, rowOf, type Shown } from '#libs/http/src/shown-rows.js';
import { InboxRow } from '../approval-inbox/approval-inbox.entity.js';
import { approvalInboxProjection } from '../approval-inbox/approval-inbox.projection.js';
import { StandIns } from '../approvals/stand-ins.js';
import { delegationListProjection } from '../delegation-list/delegation-list.projection.js';
import { KnownPeople } from '../known-people.js';
import { opportunityProblem } from '../opportunity.problems.js';
import {
  ApprovalPage,
  ApprovalQuery,
  approvalView,
  ApprovalView,
  ApproverQuery,
  PendingQuery,
  RequesterQuery,
  UserParams,
} from './approval-list.dto.js';
import { approvalListProjection } from './approval-list.projection.js';
import { ApprovalRow } from './approval.entity.js';

const order: PageOrder<ApprovalRow> = { sorts: ['requestedAt', 'updatedAt'], defaultSort: '-requestedAt' };
const inboxOrder: PageOrder<InboxRow> = { sorts: ['askedAt'], defaultSort: '-askedAt' };
const sorted = `Sorts: ${order.sorts.join(', ')}. Newest first unless asked otherwise.`;

@ApiTags('Approvals')
@Controller('approvals')
export class ApprovalListController {
  constructor(
    @InjectRepository(ApprovalRow, 'opportunity') private readonly approvals: Repository<ApprovalRow>,
    @InjectRepository(InboxRow, 'opportunity') private readonly inbox: Repository<InboxRow>,
    private readonly people: KnownPeople,
    private readonly standIns: StandIns,
  ) {}

  @Get()
  @ReadsFrom(approvalListProjection)
  @RequirePermission('approvals:read')
  @ApiOperation({ summary: 'List approval requests', description: sorted })
  @ApiOkResponse({ type: ApprovalPage })
  async list(@Query() query: ApprovalQuery): Promise<ApprovalPage> {
    const { status, requesterId, customerId, subjectType, subjectId } = query;
    return this.page({ status, requesterId, customerId, subjectType, subjectId }, query);
  }

  @Get('pending')
  @ReadsFrom(approvalListProjection)
  @RequirePermission('approvals:read')
  @ApiOperation({ summary: 'List what is not decided', description: `Requests that are PENDING. ${sorted}` })
  @ApiOkResponse({ type: ApprovalPage })
  async pending(@Query() query: PendingQuery): Promise<ApprovalPage> {
    const { requesterId, customerId, subjectType, subjectId } = query;
    return this.page({ status: 'PENDING', requesterId, customerId, subjectType, subjectId }, query);
  }

  @Get('requester/:userId')
  @ReadsFrom(approvalListProjection)
  @RequirePermission('approvals:read')
  @ApiOperation({ summary: 'List what somebody asked for', description: sorted })
  @ApiOkResponse({ type: ApprovalPage })
  async byRequester(@Param() { userId }: UserParams, @Query() query: RequesterQuery): Promise<ApprovalPage> {
    const { status, customerId, subjectType, subjectId } = query;
    return this.page({ status, requesterId: userId, customerId, subjectType, subjectId }, query);
  }

  @Get('approver/:userId')
  @ReadsFrom(approvalInboxProjection, approvalListProjection, delegationListProjection)
  @RequirePermission('approvals:read')
  @ApiOperation({
    summary: 'List what somebody is to decide, or was',
    description:
      'Requests that name this user as an approver or were escalated to them. Sorts: askedAt. ' +
      'status=PENDING&waiting=true is what waits for them now, with delegated=true also what they may decide for others.',
  })
  @ApiOkResponse({ type: ApprovalPage })
  async byApprover(@Param() { userId }: UserParams, @Query() query: ApproverQuery): Promise<ApprovalPage> {
    const { status, waiting, delegated } = query;
    const approverId = delegated ? new AnyOf([userId, ...(await this.standIns.delegatorsOf(userId))]) : userId;
    const { items, ...page } = await pageOf(this.inbox, { approverId, status, waiting }, query, inboxOrder);
    // Somebody may stand in for several approvers of one request.
    const ids = [...new Set(items.map(({ approvalId }) => approvalId))];
    // Both lists follow the log on their own: what one of them has not got yet is on the page a moment later.
    const found = new Map((await this.rows(ids)).map((row) => [row.id, row]));
    return { items: await this.shown(ids.flatMap((id) => found.get(id) ?? [])), ...page };
  }

  @Get(':id')
  @ReadsFrom(approvalListProjection)
  @RequirePermission('approvals:read')
  @ApiOperation({
    summary: 'Read one approval request',
    description: 'ETag is its revision; send it back as If-Match.',
  })
  @ApiOkResponse({ type: ApprovalView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<ApprovalView> {
    const row = await rowOf(this.approvals, id);
    const [view] = row ? await this.shown([row]) : [];
    if (!row || !view) throw opportunityProblem('approval_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return view;
  }

  private async page(filter: Filter<ApprovalRow>, query: PageQuery): Promise<ApprovalPage> {
    const { items, ...page } = await pageOf(this.approvals, filter, query, order);
    return { items: await this.shown(items), ...page };
  }

  private async shown(rows: readonly Shown<ApprovalRow>[]): Promise<ApprovalView[]> {
    const names = await this.people.namesOf(
      rows.map(({ customerId }) => customerId),
      rows.map(({ requesterId }) => requesterId),
    );
    return rows.map((row) => approvalView(row, names));
  }

  private async rows(ids: readonly string[]): Promise<Shown<ApprovalRow>[]> {
    if (ids.length === 0) return [];
    const rows = await this.approvals.findBy({ id: In([...ids]) });
    return rows.map(({ requestedAt, updatedAt, endedAt, dueAt, ...row }) => ({
      ...row,
      requestedAt: requestedAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
      dueAt: dueAt?.toISOString() ?? null,
    }));
  }
}
