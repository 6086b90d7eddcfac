import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { catalogueProvider } from '#libs/catalogue/src/catalogue.provider.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { Clock } from './clock.js';
import { ContractHistoryController } from './contract-history/contract-history.controller.js';
import { ContractLifeCycleController } from './contract-life-cycle.controller.js';
import { ContractListController } from './contract-list/contract-list.controller.js';
import { ContractRow } from './contract-list/contract-list.entity.js';
import { contractListProjection } from './contract-list/contract-list.projection.js';
import { contractProblems } from './contract.problems.js';
import { ContractsController } from './contracts.controller.js';
import { CrmWebhookController } from './crm-webhook/crm-webhook.controller.js';
import {
  AmendContract,
  ChangeStanding,
  DraftContract,
  RegisterContract,
  ReportContent,
  ReportStanding,
  SignContract,
} from './domain/contract-commands.js';
import { contractDecider } from './domain/contract.decider.js';
import {
  RegisterWebhookSource,
  RetireWebhookSecret,
  RotateWebhookSecret,
  webhookSourceDecider,
} from './domain/webhook-source.decider.js';
import { ReceiveLifeCycleWebhook, ReceiveWebhook, webhookDecider } from './domain/webhook.decider.js';
import { CreateWebhookCredentials1763769600000 } from '#libs/webhooks/src/create-webhook-credentials.js';
import { HeldChangeListController } from './held-change-list/held-change-list.controller.js';
import { HeldChangeRow } from './held-change-list/held-change-list.entity.js';
import { heldChangeListProjection } from './held-change-list/held-change-list.projection.js';
import { ContractInbox } from './intake/contract-inbox.js';
import { ContractPolling } from './intake/contract-polling.js';
import { IntakeTables } from './intake/intake-tables.js';
import { IntakeRejectionRow } from './intake-rejections/intake-rejection.entity.js';
import { IntakeRejectionsController } from './intake-rejections/intake-rejections.controller.js';
import { IntakeTables1763805600000 } from './migrations/1763805600000-intake-tables.js';
import { IntakeFollowsTheLog1763809200000 } from './migrations/1763809200000-intake-follows-the-log.js';
import { PlansController } from './plans.controller.js';
import { RegisterFromWebhookPolicy } from './register-from-webhook/register-from-webhook.policy.js';
import { ReportReader } from './reports/report-reader.js';
import { encryptionKey } from './settings.js';
import { WebhookSourceListController } from './webhook-source-list/webhook-source-list.controller.js';
import { WebhookSourceRow } from './webhook-source-list/webhook-source-list.entity.js';
import { webhookSourceListProjection } from './webhook-source-list/webhook-source-list.projection.js';
import { SigningSecrets } from './webhook-sources/signing-secrets.js';
import { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';
import { WebhookSourcesController } from './webhook-sources/webhook-sources.controller.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({
      context: 'contract',
      entities: [ContractRow, WebhookSourceRow, HeldChangeRow, IntakeRejectionRow],
      migrations: [CreateWebhookCredentials1763769600000, IntakeTables1763805600000, IntakeFollowsTheLog1763809200000],
    }),
    EventSourcingModule.forContext({
      context: 'contract',
      aggregates: [
        aggregate(contractDecider, [
          DraftContract,
          SignContract,
          AmendContract,
          ChangeStanding,
          RegisterContract,
          ReportContent,
          ReportStanding,
        ]),
        aggregate(webhookSourceDecider, [RegisterWebhookSource, RotateWebhookSecret, RetireWebhookSecret]),
        aggregate(webhookDecider, [ReceiveWebhook, ReceiveLifeCycleWebhook]),
      ],
      projections: [contractListProjection, webhookSourceListProjection, heldChangeListProjection],
    }),
  ],
  controllers: [
    PlansController,
    ContractsController,
    ContractLifeCycleController,
    ContractListController,
    ContractHistoryController,
    WebhookSourcesController,
    WebhookSourceListController,
    CrmWebhookController,
    IntakeRejectionsController,
    HeldChangeListController,
    RegisterFromWebhookPolicy,
    ClearErasedCopiesPolicy,
  ],
  providers: [
    catalogueProvider,
    Clearing,
    Clock,
    ReportReader,
    IntakeTables,
    ContractPolling,
    ContractInbox,
    WebhookCredentials.of('contract'),
    SigningSecrets,
    { provide: SecretBox, useFactory: () => SecretBox.fromKey(encryptionKey()) },
  ],
})
export class ContractModule {
  constructor() {
    registerProblemTable(contractProblems);
  }
}
