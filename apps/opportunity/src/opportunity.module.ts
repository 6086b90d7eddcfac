import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
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
import { approvalCommands } from './domain/approval-commands.js';
import { approvalDecider } from './domain/approval.decider.js';
import { KnownCustomer } from './known-customers/known-customer.entity.js';
import { knownCustomerProjection } from './known-customers/known-customer.projection.js';
import { KnownPeople } from './known-people.js';
import { KnownUser } from './known-users/known-user.entity.js';
import { knownUserProjection } from './known-users/known-user.projection.js';
import { opportunityProblems } from './opportunity.problems.js';
import { OPPORTUNITY_SETTINGS, opportunitySettings } from './settings.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({
      context: 'opportunity',
      entities: [ApprovalRow, InboxRow, ApprovalDecisionRow, KnownCustomer, KnownUser],
    }),
    EventSourcingModule.forContext({
      context: 'opportunity',
      aggregates: [aggregate(approvalDecider, approvalCommands)],
      projections: [
        approvalListProjection,
        approvalInboxProjection,
        approvalDecisionListProjection,
        knownCustomerProjection,
        knownUserProjection,
      ],
    }),
  ],
  controllers: [ApprovalsController, ApprovalListController, ApprovalDecisionListController, ClearErasedCopiesPolicy],
  providers: [Clearing, KnownPeople, StandIns, { provide: OPPORTUNITY_SETTINGS, useFactory: opportunitySettings }],
})
export class OpportunityModule {
  constructor() {
    registerProblemTable(opportunityProblems);
  }
}
