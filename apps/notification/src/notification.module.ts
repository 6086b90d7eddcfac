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
import { AnnounceEnvironmentPolicy } from './announce-environment/announce-environment.policy.js';
import { AnnounceTroublePolicy } from './announce-trouble/announce-trouble.policy.js';
import { DeliveryProcessor } from './attempt-deliveries/delivery.processor.js';
import { DeliveryJobs } from './attempt-deliveries/delivery-jobs.js';
import { CredentialLinks } from './attempt-deliveries/credential-links.js';
import { DeliveryRunner } from './attempt-deliveries/delivery-runner.js';
import { QueueDeliveriesPolicy } from './attempt-deliveries/queue-deliveries.policy.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { DeliveryListController } from './delivery-list/delivery-list.controller.js';
import { DeliveryRow } from './delivery-list/delivery-list.entity.js';
import { deliveryListProjection } from './delivery-list/delivery-list.projection.js';
import { DeliveryWork } from './delivery-work/delivery-work.entity.js';
import { deliveryWorkProjection } from './delivery-work/delivery-work.projection.js';
import {
  AbandonErased,
  BeginSending,
  ConfirmSent,
  deliveryDecider,
  FailAttempt,
  RequestDelivery,
  StartAttempt,
} from './domain/delivery.decider.js';
import { ErasedDeliveries } from './clear-erased-copies/erased-deliveries.js';
import { MailArchive } from './clear-erased-copies/mail-archive.js';
import { EnvironmentMails } from './mail/environment-mails.js';
import { mailServerHealth } from './mail/mail-server-health.js';
import { SmtpSender } from './mail/smtp-sender.js';
import { notificationProblems } from './notification.problems.js';
import { mailArchiveDir, mailSettings, serviceClient, smtpUrl } from './settings.js';

const reconcileEveryMs = 5_000;

@Module({
  imports: [
    AuthModule,
    contextDatabase({ context: 'notification', entities: [DeliveryRow, DeliveryWork] }),
    JobsModule.queue('notification'),
    EventSourcingModule.forContext({
      context: 'notification',
      aggregates: [
        aggregate(deliveryDecider, [
          RequestDelivery,
          StartAttempt,
          BeginSending,
          ConfirmSent,
          FailAttempt,
          AbandonErased,
        ]),
      ],
      projections: [deliveryListProjection, deliveryWorkProjection],
    }),
  ],
  controllers: [
    AnnounceEnvironmentPolicy,
    AnnounceTroublePolicy,
    QueueDeliveriesPolicy,
    ClearErasedCopiesPolicy,
    DeliveryListController,
  ],
  providers: [
    catalogueProvider,
    Clearing,
    DeliveryJobs,
    DeliveryProcessor,
    DeliveryRunner,
    ErasedDeliveries,
    { provide: MailArchive, useFactory: () => new MailArchive(mailArchiveDir()) },
    { provide: SmtpSender, useFactory: () => new SmtpSender(smtpUrl()) },
    {
      provide: EnvironmentMails,
      useFactory: ({ regions }: Catalogue) => {
        const links = new CredentialLinks(new ServiceTokens(serviceClient()));
        return new EnvironmentMails(mailSettings(), regions, links);
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
