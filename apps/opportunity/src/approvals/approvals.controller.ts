import { Body, Controller, HttpCode, Inject, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { ApprovalContent } from '#libs/events/src/opportunity.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { DecideApproval, RecallApproval, RequestApproval, UpdateApproval } from '../domain/approval-commands.js';
import { approvalDecider } from '../domain/approval.decider.js';
import { type ApprovalRefusal, everybody } from '../domain/approval.js';
import { KnownPeople } from '../known-people.js';
import { OPPORTUNITY_SETTINGS, type OpportunitySettings } from '../settings.js';
import { CommentDto, DecisionDto, RequestApprovalDto, UpdateApprovalDto } from './approvals.dto.js';
import { StandIns } from './stand-ins.js';

/** Refusals of a caller who may still stand in for somebody. */
const notAskedThemselves: ReadonlySet<string> = new Set<ApprovalRefusal>([
  'not_an_approver',
  'step_already_decided',
  'step_not_reached',
]);

@ApiTags('Approvals')
@Controller('approvals')
export class ApprovalsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly people: KnownPeople,
    private readonly standIns: StandIns,
    @Inject(OPPORTUNITY_SETTINGS) private readonly settings: OpportunitySettings,
  ) {}

  @Post()
  @RequirePermission('approvals:request')
  @ApiOperation({
    summary: 'Request an approval',
    description:
      'The caller is the requester, and never decides it. Titles and descriptions may name the customer only.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async request(
    @Body() body: RequestApprovalDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { subjectType: type, subjectId = null, customerId = null } = body;
    const content = { subject: { type, id: subjectId }, ...this.content(body) };
    const findings = await this.people.find(customerId, namedIn(content));
    const id = stableId('approval', context.commandId);
    const command = new RequestApproval(id, { ...content, customerId, findings }, context);
    void reply.header('Location', `/api/approvals/${id}`);
    return commandResult(await this.commands.execute(command), reply);
  }

  @Put(':id')
  @RequirePermission('approvals:request')
  @ApiOperation({
    summary: 'Change an approval request',
    description: 'By the requester, until somebody has decided. What is left out is empty from then on, or as usual.',
  })
  @ApiOkResponse({ type: CommandResult })
  async update(
    @Param() { id }: IdParams,
    @Body() body: UpdateApprovalDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const content = this.content(body);
    const findings = await this.people.find(null, namedIn(content));
    return commandResult(await this.commands.execute(new UpdateApproval(id, { ...content, findings }, context)), reply);
  }

  @Patch(':id/approve')
  @HttpCode(200)
  @RequirePermission('approvals:decide')
  @ApiBody({ type: DecisionDto, required: false })
  @ApiOperation({
    summary: 'Approve',
    description:
      'By an approver of the step that waits, or by whom their delegation leads to; both names are kept. Whoever comes ' +
      'too late gets 409 with who decided.',
  })
  @ApiOkResponse({ type: CommandResult })
  async approve(
    @Param() { id }: IdParams,
    @Body() body: DecisionDto = {},
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.decide('approved', id, body, context, reply);
  }

  @Patch(':id/reject')
  @HttpCode(200)
  @RequirePermission('approvals:decide')
  @ApiBody({ type: DecisionDto, required: false })
  @ApiOperation({
    summary: 'Reject',
    description: 'As for an approval. One rejection ends the request.',
  })
  @ApiOkResponse({ type: CommandResult })
  async reject(
    @Param() { id }: IdParams,
    @Body() body: DecisionDto = {},
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.decide('rejected', id, body, context, reply);
  }

  @Patch(':id/recall')
  @HttpCode(200)
  @RequirePermission('approvals:request')
  @ApiBody({ type: CommentDto, required: false })
  @ApiOperation({
    summary: 'Recall an approval request',
    description: 'By the requester, or an administrator, while it is pending.',
  })
  @ApiOkResponse({ type: CommandResult })
  async recall(
    @Param() { id }: IdParams,
    @Body() body: CommentDto = {},
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const data = { comment: body.comment ?? null, asAdministrator: caller.roles.includes('ADMIN') };
    return commandResult(await this.commands.execute(new RecallApproval(id, data, context)), reply);
  }

  private async decide(
    decision: 'approved' | 'rejected',
    id: string,
    { comment = null, onBehalfOf }: DecisionDto,
    context: CommandContext,
    reply: FastifyReply,
  ): Promise<CommandResult> {
    const decide = (standsFor: DecideApproval['data']['standsFor']): Promise<Committed> => {
      const data = { decision, comment, standsFor, ...(onBehalfOf !== undefined && { onBehalfOf }) };
      return this.commands.execute(new DecideApproval(id, data, context));
    };
    try {
      return commandResult(await decide({}), reply);
    } catch (error) {
      // Nothing is stored of a refusal, so that the same command may be sent with more in it.
      if (!(error instanceof CommandRefused) || !notAskedThemselves.has(error.refusal.code)) throw error;
    }
    return commandResult(await decide(await this.standsFor(id, context)), reply);
  }

  /** Approvers of this step and of those before it, so that whoever comes too late is told who was first. */
  private async standsFor(id: string, { actor, occurredAt }: CommandContext) {
    const approval = await this.aggregates.load(approvalDecider, id);
    if (approval.status !== 'PENDING') return {};
    const { steps, step, escalatedTo } = approval;
    const asked = everybody({ steps: steps.slice(0, step + 1), escalatedTo });
    return this.standIns.chainsTo(
      actor.id,
      asked.filter((approver) => approver !== actor.id),
      occurredAt,
    );
  }

  private content({ title, description = null, amount = null, steps, ...timing }: UpdateApprovalDto) {
    return {
      title,
      description,
      amount,
      steps: steps.map(({ rule, approvers }) => ({ rule, approvers: approvers.map((id) => id.toLowerCase()) })),
      remindAfterHours: timing.remindAfterHours ?? this.settings.remindAfterHours,
      escalateAfterHours: timing.escalateAfterHours ?? this.settings.escalateAfterHours,
      escalateTo: timing.escalateTo ?? null,
    };
  }
}

function namedIn({ steps, escalateTo }: Pick<ApprovalContent, 'steps' | 'escalateTo'>): readonly string[] {
  return [...new Set(everybody({ steps, escalatedTo: escalateTo }))];
}
