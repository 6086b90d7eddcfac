import { Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ServiceTokenError } from '#libs/auth/src/service-token.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { accepted, attemptContext, type AttemptOrigin, insist } from '#libs/jobs/src/attempt-commands.js';
import type { DeliveryState } from '../domain/delivery.js';
import {
  BeginSending,
  ConfirmSent,
  deliveryDecider,
  FailAttempt,
  leaseMs,
  StartAttempt,
} from '../domain/delivery.decider.js';
import { EnvironmentMails } from '../mail/environment-mails.js';
import { SendFailed, SmtpSender } from '../mail/smtp-sender.js';
import { CredentialLinkError } from './credential-links.js';
import type { DeliveryJob } from './delivery-jobs.js';

type Leased = Extract<DeliveryState, { readonly status: 'attempting' }>;

interface Attempt extends AttemptOrigin {
  readonly deliveryId: string;
}

/** One attempt to deliver: lease, link, fence, send, note. What goes wrong is in the log before it is tried again. */
@Injectable()
export class DeliveryRunner {
  private readonly logger = new Logger('deliveries');

  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly mails: EnvironmentMails,
    private readonly sender: SmtpSender,
  ) {}

  async run({ deliveryId, correlationId }: DeliveryJob): Promise<void> {
    const attempt: Attempt = { process: 'notification', attempt: freshId(), correlationId, deliveryId };
    const start = new StartAttempt(deliveryId, { attempt: attempt.attempt }, attemptContext(attempt, 'start'));
    if (!(await accepted(this.commands, start))) return;
    // Names and addresses are read from the log; Redis never holds them.
    const state = await this.aggregates.load(deliveryDecider, deliveryId);
    if (state.status !== 'attempting' || state.attempt !== attempt.attempt) return;
    await this.deliver(attempt, state);
  }

  private async deliver(attempt: Attempt, { request, messageId: earlier }: Leased): Promise<void> {
    const { deliveryId, attempt: id } = attempt;
    const messageId = earlier ?? this.mails.messageId(deliveryId);
    let message: Buffer;
    try {
      message = await this.mails.compose(request, messageId);
    } catch (error) {
      // The reason stands in the log for good: only messages that are known to hold no secret.
      const known = error instanceof CredentialLinkError || error instanceof ServiceTokenError;
      return this.fail(attempt, known ? error.message : 'The mail could not be written.', 'not_sent');
    }
    const begin = new BeginSending(deliveryId, { attempt: id, messageId }, attemptContext(attempt, 'send'));
    if (!(await accepted(this.commands, begin))) return;
    try {
      await this.sender.send(this.mails.sender, request.recipient.email, message);
    } catch (error) {
      if (!(error instanceof SendFailed)) throw error;
      return this.fail(attempt, error.message, error.outcome);
    }
    const sent = new ConfirmSent(deliveryId, { attempt: id }, attemptContext(attempt, 'sent'));
    await insist(this.commands, sent, { forMs: leaseMs });
  }

  private async fail(attempt: Attempt, reason: string, outcome: 'not_sent' | 'unknown'): Promise<void> {
    const { deliveryId, correlationId } = attempt;
    this.logger.warn({ deliveryId, correlationId, outcome, reason }, 'A delivery attempt failed');
    const data = { attempt: attempt.attempt, reason, outcome, jitter: Math.random() };
    await this.commands.execute(new FailAttempt(deliveryId, data, attemptContext(attempt, 'fail')));
  }
}
