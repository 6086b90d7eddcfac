import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { ServiceTokens } from '#libs/auth/src/service-token.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE, catalogueProvider } from '#libs/catalogue/src/catalogue.provider.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { HealthRegistry } from '#libs/http/src/health.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { JobsModule } from '#libs/jobs/src/jobs.module.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { CreateWebhookCredentials1763769600000 } from '#libs/webhooks/src/create-webhook-credentials.js';
import { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';
import { OperatorAlertListController } from './alert-list/alert-list.controller.js';
import { OperatorAlertRow } from './alert-list/alert-list.entity.js';
import { operatorAlertListProjection } from './alert-list/alert-list.projection.js';
import { AlertOperatorsPolicy } from './alert-operators/alert-operators.policy.js';
import { AlertChannels } from './alerts/alert-channels.js';
import { SlackSender } from './alerts/slack-sender.js';
import { AnnounceChangePolicy } from './announce-change/announce-change.policy.js';
import { AnnounceEnvironmentPolicy } from './announce-environment/announce-environment.policy.js';
import { AnnounceTroublePolicy } from './announce-trouble/announce-trouble.policy.js';
import { MailProcessor, WebhookProcessor } from './attempt-deliveries/delivery.processor.js';
import { DeliveryJobs, WEBHOOK_QUEUE, webhookQueue } from './attempt-deliveries/delivery-jobs.js';
import { CredentialLinks } from './attempt-deliveries/credential-links.js';
import { DeliveryRunner } from './attempt-deliveries/delivery-runner.js';
import { QueueDeliveriesPolicy } from './attempt-deliveries/queue-deliveries.policy.js';
import { WebhookTurns } from './attempt-deliveries/webhook-turns.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { DeliveryListController } from './delivery-list/delivery-list.controller.js';
import { DeliveryRow } from './delivery-list/delivery-list.entity.js';
import { deliveryListProjection } from './delivery-list/delivery-list.projection.js';
import { DeliveryWork } from './delivery-work/delivery-work.entity.js';
import { deliveryWorkProjection } from './delivery-work/delivery-work.projection.js';
import { DeliveryMetrics } from './delivery-metrics/delivery-metrics.js';
import { deliveryCommands } from './domain/delivery.commands.js';
import { deliveryDecider } from './domain/delivery.decider.js';
import { webhookEndpointCommands, webhookEndpointDecider } from './domain/webhook-endpoint.decider.js';
import { ErasedDeliveries } from './clear-erased-copies/erased-deliveries.js';
import { MailArchive } from './clear-erased-copies/mail-archive.js';
import { EnvironmentMails } from './mail/environment-mails.js';
import { JudgeEndpointsPolicy } from './judge-endpoints/judge-endpoints.policy.js';
import { MailChannel } from './mail/mail-channel.js';
import { mailServerHealth } from './mail/mail-server-health.js';
import { SmtpSender } from './mail/smtp-sender.js';
import { notificationProblems } from './notification.problems.js';
import { ReplayFailedPolicy } from './replay-failed/replay-failed.policy.js';
import {
  ALERT_SETTINGS,
  type AlertSettings,
  alertSettings,
  encryptionKey,
  mailArchiveDir,
  mailSettings,
  serviceClient,
  smtpUrl,
  WEBHOOK_SETTINGS,
  webhookSettings,
  type WebhookSettings,
} from './settings.js';
import { TellEndpointsPolicy } from './tell-endpoints/tell-endpoints.policy.js';
import { WebhookDeliveryListController } from './webhook-delivery-list/webhook-delivery-list.controller.js';
import { WebhookDeliveryRow } from './webhook-delivery-list/webhook-delivery-list.entity.js';
import { webhookDeliveryListProjection } from './webhook-delivery-list/webhook-delivery-list.projection.js';
import { WebhookEndpointListController } from './webhook-endpoint-list/webhook-endpoint-list.controller.js';
import { WebhookEndpointRow } from './webhook-endpoint-list/webhook-endpoint-list.entity.js';
import { webhookEndpointListProjection } from './webhook-endpoint-list/webhook-endpoint-list.projection.js';
import { AddressGuard } from './webhooks/address-guard.js';
import { WebhookChannel } from './webhooks/webhook-channel.js';
import { WebhookEndpointsController } from './webhooks/webhook-endpoints.controller.js';
import { WebhookReplaysController } from './webhooks/webhook-replays.controller.js';
import { WebhookSender } from './webhooks/webhook-sender.js';

const reconcileEveryMs = 5_000;

@Module({
  imports: [
    AuthModule,
    contextDatabase({
      context: 'notification',
      entities: [DeliveryRow, DeliveryWork, OperatorAlertRow, WebhookDeliveryRow, WebhookEndpointRow],
      migrations: [CreateWebhookCredentials1763769600000],
    }),
    JobsModule.queue('notification'),
    JobsModule.queue(webhookQueue, WEBHOOK_QUEUE),
    EventSourcingModule.forContext({
      context: 'notification',
      aggregates: [
        aggregate(deliveryDecider, deliveryCommands),
        aggregate(webhookEndpointDecider, webhookEndpointCommands),
      ],
      projections: [
        deliveryListProjection,
        deliveryWorkProjection,
        operatorAlertListProjection,
        webhookDeliveryListProjection,
        webhookEndpointListProjection,
      ],
    }),
  ],
  controllers: [
    AnnounceEnvironmentPolicy,
    AnnounceTroublePolicy,
    AnnounceChangePolicy,
    AlertOperatorsPolicy,
    QueueDeliveriesPolicy,
    ClearErasedCopiesPolicy,
    TellEndpointsPolicy,
    JudgeEndpointsPolicy,
    ReplayFailedPolicy,
    DeliveryListController,
    OperatorAlertListController,
    WebhookEndpointsController,
    WebhookEndpointListController,
    WebhookReplaysController,
    WebhookDeliveryListController,
  ],
  providers: [
    catalogueProvider,
    Clearing,
    DeliveryJobs,
    MailProcessor,
    WebhookProcessor,
    DeliveryRunner,
    WebhookTurns,
    MailChannel,
    WebhookChannel,
    AlertChannels,
    DeliveryMetrics,
    WebhookCredentials.of('notification'),
    ErasedDeliveries,
    { provide: MailArchive, useFactory: () => new MailArchive(mailArchiveDir()) },
    { provide: SecretBox, useFactory: () => SecretBox.fromKey(encryptionKey()) },
    { provide: WEBHOOK_SETTINGS, useFactory: webhookSettings },
    {
      provide: WebhookSender,
      useFactory: ({ allowedNetworks, timeoutMs }: WebhookSettings) =>
        new WebhookSender(new AddressGuard(allowedNetworks), timeoutMs),
      inject: [WEBHOOK_SETTINGS],
    },
    { provide: ALERT_SETTINGS, useFactory: alertSettings },
    {
      provide: SlackSender,
      useFactory: ({ slackUrl = '' }: AlertSettings, { allowedNetworks, timeoutMs }: WebhookSettings) =>
        new SlackSender(slackUrl, new AddressGuard(allowedNetworks), timeoutMs),
      inject: [ALERT_SETTINGS, WEBHOOK_SETTINGS],
    },
    { provide: SmtpSender, useFactory: () => new SmtpSender(smtpUrl()) },
    {
      provide: EnvironmentMails,
      useFactory: (catalogue: Catalogue) => {
        const links = new CredentialLinks(new ServiceTokens(serviceClient()));
        return new EnvironmentMails(mailSettings(), catalogue, links);
      },
      inject: [CATALOGUE],
    },
    {
      provide: Reconciler,
      useFactory: (jobs: DeliveryJobs) =>
        new Reconciler({
          name: 'notification',
          everyMs: reconcileEveryMs,
          sweep: (signal) => jobs.addDue(signal),
        }),
      inject: [DeliveryJobs],
    },
  ],
})
export class NotificationModule {
  constructor(sender: SmtpSender, health: HealthRegistry) {
    registerProblemTable(notificationProblems);
    health.register('notification.mail-server', mailServerHealth(sender));
  }
}
