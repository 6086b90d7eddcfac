import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { CommandRefused, EventStoreUnavailable } from '#libs/event-sourcing/src/errors.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import type { DeliveryState } from '../domain/delivery.js';
import {
  BeginSending,
  ConfirmSent,
  deliveryDecider,
  type DeliveryCommand,
  FailAttempt,
  leaseMs,
  StartAttempt,
} from '../domain/delivery.decider.js';
import { EnvironmentMails } from '../mail/environment-mails.js';
import { SendFailed, SmtpSender } from '../mail/smtp-sender.js';
import type { AttemptJob } from './attempt-jobs.js';

type Leased = Extract<DeliveryState, { readonly status: 'attempting' }>;

interface Attempt {
  readonly id: string;
  readonly job: AttemptJob;
}

/** One attempt to deliver: lease, link, fence, send, note. What goes wrong is in the log before it is tried again. */
@Injectable()
export class DeliveryAttempts {
  private readonly logger = new Logger('deliveries');

  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly mails: EnvironmentMails,
    private readonly sender: SmtpSender,
  ) {}

  async run(job: AttemptJob): Promise<void> {
    const attempt: Attempt = { id: freshId(), job };
    const start = new StartAttempt(job.deliveryId, { attempt: attempt.id }, contextOf(attempt, 'start'));
    if (!(await this.accepted(start))) return;
    // Names and addresses are read from the log; Redis never holds them.
    const state = await this.aggregates.load(deliveryDecider, job.deliveryId);
    if (state.status !== 'attempting' || state.attempt !== attempt.id) return;
    await this.deliver(attempt, state);
  }

  private async deliver(attempt: Attempt, { request, messageId: earlier }: Leased): Promise<void> {
    const { deliveryId } = attempt.job;
    const messageId = earlier ?? this.mails.messageId(deliveryId);
    let message: Buffer;
    try {
      message = await this.mails.compose(request, messageId);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'The mail could not be written.';
      return this.fail(attempt, reason, 'not_sent');
    }
    const begin = new BeginSending(deliveryId, { attempt: attempt.id, messageId }, contextOf(attempt, 'send'));
    if (!(await this.accepted(begin))) return;
    try {
      await this.sender.send(this.mails.sender, request.recipient.email, message);
    } catch (error) {
      if (!(error instanceof SendFailed)) throw error;
      return this.fail(attempt, error.message, error.outcome);
    }
    await this.confirm(attempt);
  }

  /** Keeps at it while the lease lasts: a mail that is not noted is sent a second time. */
  private async confirm(attempt: Attempt): Promise<void> {
    const deadline = Date.now() + leaseMs;
    for (;;) {
      try {
        const { deliveryId } = attempt.job;
        await this.commands.execute(new ConfirmSent(deliveryId, { attempt: attempt.id }, contextOf(attempt, 'sent')));
        return;
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable) || Date.now() >= deadline) throw error;
        await delay(500);
      }
    }
  }

  private async fail(attempt: Attempt, reason: string, outcome: 'not_sent' | 'unknown'): Promise<void> {
    const { deliveryId, correlationId } = attempt.job;
    this.logger.warn({ deliveryId, correlationId, outcome, reason }, 'A delivery attempt failed');
    const data = { attempt: attempt.id, reason, outcome, jitter: Math.random() };
    await this.commands.execute(new FailAttempt(deliveryId, data, contextOf(attempt, 'fail')));
  }

  /** False when the delivery is done or in other hands: then this job has nothing to do. */
  private async accepted(command: DeliveryCommand): Promise<boolean> {
    try {
      await this.commands.execute(command);
      return true;
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      this.logger.debug({ deliveryId: command.target, code: error.refusal.code }, error.message);
      return false;
    }
  }
}

function contextOf({ id, job }: Attempt, step: string): CommandContext {
  return {
    commandId: stableId('delivery attempt', id, step),
    actor: { id: 'worker:notification/attempt-delivery', role: 'SERVICE' },
    correlationId: job.correlationId,
    occurredAt: new Date().toISOString(),
  };
}
