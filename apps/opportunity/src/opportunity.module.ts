import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { ApprovalDecisionListController } from './approval-decision-list/approval-decision-list.controller.js';
import { approvalDecisionListProjection } from './approval-decision-list/approval-decision-list.projection.js';
import { ApprovalDecisionRow } from './approval-decision-list/approval-decision.entity.js';
import { InboxRow } from './approval-inbox/approval-inbox.entity.js';
import { approvalInboxProjection } from './approval-inbox/approval-inbox.projection.js';
import { ApprovalListController } from './approval-list/approval-list.controller.js';
import { approvalListProjection } from './approval-list/approval-list.projection.js';
import { ApprovalRow } from './approval-list/approval.entity.js';
import { ApprovalsController } from './approvals/approvals.controller.js';
import { StandIns } from './approvals/stand-ins.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { DealListController } from './deal-list/deal-list.controller.js';
import { dealListProjection } from './deal-list/deal-list.projection.js';
import { DealRow } from './deal-list/deal.entity.js';
import { DealsController } from './deals/deals.controller.js';
import { delegationListProjection } from './delegation-list/delegation-list.projection.js';
import { DelegationRow } from './delegation-list/delegation.entity.js';
import { DelegationLookup } from './delegations/delegation-lookup.js';
import { DelegationsController } from './delegations/delegations.controller.js';
import { approvalCommands } from './domain/approval-commands.js';
import { approvalDecider } from './domain/approval.decider.js';
import { dealDecider } from './domain/deal.decider.js';
import { dealCommands } from './domain/deal.js';
import { delegationDecider, GrantDelegation, RevokeDelegation } from './domain/delegation.decider.js';
import { CatchUpWithCustomersPolicy } from './follow-customers/catch-up-with-customers.policy.js';
import { FollowCustomersPolicy } from './follow-customers/follow-customers.policy.js';
import { CatchUpWithUsersPolicy } from './follow-users/catch-up-with-users.policy.js';
import { FollowUsersPolicy } from './follow-users/follow-users.policy.js';
import { KnownCustomer } from './known-customers/known-customer.entity.js';
import { knownCustomerProjection } from './known-customers/known-customer.projection.js';
import { KnownPeople } from './known-people.js';
import { KnownUser } from './known-users/known-user.entity.js';
import { knownUserProjection } from './known-users/known-user.projection.js';
import { opportunityProblems } from './opportunity.problems.js';
import { ApprovalTimers, TIMER_SWEEP } from './run-timers/approval-timers.js';
import { OPPORTUNITY_SETTINGS, type OpportunitySettings, opportunitySettings } from './settings.js';
import { Substitutes } from './substitutes.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({
      context: 'opportunity',
      entities: [ApprovalRow, InboxRow, ApprovalDecisionRow, DealRow, DelegationRow, KnownCustomer, KnownUser],
    }),
    EventSourcingModule.forContext({
      context: 'opportunity',
      aggregates: [
        aggregate(approvalDecider, approvalCommands),
        aggregate(dealDecider, dealCommands),
        aggregate(delegationDecider, [GrantDelegation, RevokeDelegation]),
      ],
      projections: [
        approvalListProjection,
        approvalInboxProjection,
        approvalDecisionListProjection,
        dealListProjection,
        delegationListProjection,
        knownCustomerProjection,
        knownUserProjection,
      ],
    }),
  ],
  controllers: [
    ApprovalsController,
    ApprovalListController,
    ApprovalDecisionListController,
    DealsController,
    DealListController,
    DelegationsController,
    FollowCustomersPolicy,
    CatchUpWithCustomersPolicy,
    FollowUsersPolicy,
    CatchUpWithUsersPolicy,
    ClearErasedCopiesPolicy,
  ],
  providers: [
    Clearing,
    KnownPeople,
    StandIns,
    Substitutes,
    DelegationLookup,
    ApprovalTimers,
    { provide: OPPORTUNITY_SETTINGS, useFactory: opportunitySettings },
    {
      provide: TIMER_SWEEP,
      useFactory: (timers: ApprovalTimers, { sweepMs }: OpportunitySettings) =>
        new Reconciler({ name: 'approvals', everyMs: sweepMs, sweep: (signal) => timers.sweep(signal) }),
      inject: [ApprovalTimers, OPPORTUNITY_SETTINGS],
    },
  ],
})
export class OpportunityModule {
  constructor() {
    registerProblemTable(opportunityProblems);
  }
}
