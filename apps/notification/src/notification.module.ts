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
import { AnnounceEnvironmentPolicy } from './announce-environment/announce-environment.policy.js';
import { DeliveryProcessor } from './attempt-deliveries/delivery.processor.js';
import { DeliveryJobs } from './attempt-deliveries/delivery-jobs.js';
import { CredentialLinks } from './attempt-deliveries/credential-links.js';
import { DeliveryRunner } from './attempt-deliveries/delivery-runner.js';
import { QueueDeliveriesPolicy } from './attempt-deliveries/queue-deliveries.policy.js';
import { DeliveryListController } from './delivery-list/delivery-list.controller.js';
import { DeliveryRow } from './delivery-list/delivery-list.entity.js';
import { deliveryListProjection } from './delivery-list/delivery-list.projection.js';
import { DeliveryWork } from './delivery-work/delivery-work.entity.js';
import { deliveryWorkProjection } from './delivery-work/delivery-work.projection.js';
import {
  BeginSending,
  ConfirmSent,
  deliveryDecider,
  FailAttempt,
  RequestDelivery,
  StartAttempt,
} from './domain/delivery.decider.js';
import { EnvironmentMails } from './mail/environment-mails.js';
import { mailServerHealth } from './mail/mail-server-health.js';
import { SmtpSender } from './mail/smtp-sender.js';
import { notificationProblems } from './notification.problems.js';
import { mailSettings, serviceClient, smtpUrl } from './settings.js';

const reconcileEveryMs = 5_000;

@Module({
  imports: [
    AuthModule,
    contextDatabase({ context: 'notification', entities: [DeliveryRow, DeliveryWork] }),
    JobsModule.queue('notification'),
    EventSourcingModule.forContext({
      context: 'notification',
      aggregates: [aggregate(deliveryDecider, [RequestDelivery, StartAttempt, BeginSending, ConfirmSent, FailAttempt])],
      projections: [deliveryListProjection, deliveryWorkProjection],
    }),
  ],
  controllers: [AnnounceEnvironmentPolicy, QueueDeliveriesPolicy, DeliveryListController],
  providers: [
    catalogueProvider,
    DeliveryJobs,
    DeliveryProcessor,
    DeliveryRunner,
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
