import { Inject, Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { accepted, attemptContext, type AttemptOrigin, insist } from '#libs/jobs/src/attempt-commands.js';
import { AlertChannels } from '../alerts/alert-channels.js';
import type { DeliveryState } from '../domain/delivery.js';
import { BeginSending, ConfirmSent, FailAttempt, StartAttempt } from '../domain/delivery.commands.js';
import { deliveryDecider } from '../domain/delivery.decider.js';
import { type LeasesMs, leasesMs } from '../domain/retry-schedule.js';
import { MailChannel } from '../mail/mail-channel.js';
import { WEBHOOK_SETTINGS, type WebhookSettings } from '../settings.js';
import { WebhookChannel } from '../webhooks/webhook-channel.js';
import type { DeliveryJob } from './delivery-jobs.js';
import { CannotPrepare, type Outgoing, SendFailed } from './outgoing.js';

type Leased = Extract<DeliveryState, { readonly status: 'attempting' }>;
type Failure = Omit<FailAttempt['data'], 'attempt' | 'jitter'>;

interface Attempt extends AttemptOrigin {
  readonly deliveryId: string;
}

/** One attempt to deliver: lease, message, fence, send, note. What goes wrong is in the log before it is tried again. */
@Injectable()
export class DeliveryRunner {
  private readonly logger = new Logger('deliveries');
  private readonly leasesMs: LeasesMs;

  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly mails: MailChannel,
    private readonly webhooks: WebhookChannel,
    private readonly alerts: AlertChannels,
    @Inject(WEBHOOK_SETTINGS) { timeoutMs }: Pick<WebhookSettings, 'timeoutMs'>,
  ) {
    this.leasesMs = leasesMs(timeoutMs);
  }

  async run({ deliveryId, correlationId }: DeliveryJob): Promise<void> {
    const attempt: Attempt = { process: 'notification', attempt: freshId(), correlationId, deliveryId };
    const lease = { attempt: attempt.attempt, leasesMs: this.leasesMs };
    const start = new StartAttempt(deliveryId, lease, attemptContext(attempt, 'start'));
    if (!(await accepted(this.commands, start))) return;
    // Names and addresses are read from the log; Redis never holds them.
    const state = await this.aggregates.load(deliveryDecider, deliveryId);
    if (state.status !== 'attempting' || state.attempt !== attempt.attempt) return;
    await this.deliver(attempt, state);
  }

  private async deliver(attempt: Attempt, state: Leased): Promise<void> {
    const { deliveryId, attempt: id } = attempt;
    const leaseMs = this.leasesMs[state.request.channel];
    let message: Outgoing;
    try {
      message = await this.prepare(state);
    } catch (error) {
      if (!(error instanceof CannotPrepare)) throw error;
      return this.fail(attempt, { reason: error.message, outcome: 'not_sent', final: error.final }, leaseMs);
    }
    const { messageId } = message;
    const fence = { attempt: id, messageId, leasesMs: this.leasesMs };
    const begin = new BeginSending(deliveryId, fence, attemptContext(attempt, 'send'));
    if (!(await accepted(this.commands, begin))) return;
    let answer: ConfirmSent['data']['answer'];
    try {
      answer = await message.send();
    } catch (error) {
      if (!(error instanceof SendFailed)) throw error;
      return this.fail(attempt, { reason: error.message, outcome: error.outcome, ...error.details }, leaseMs);
    }
    const outcome = { attempt: id, ...(answer && { answer }) };
    const sent = new ConfirmSent(deliveryId, outcome, attemptContext(attempt, 'sent'));
    await insist(this.commands, sent, { forMs: leaseMs });
  }

  private prepare({ request, messageId }: Leased): Promise<Outgoing> {
    switch (request.channel) {
      case 'mail':
        return this.mails.prepare(request, messageId);
      case 'webhook':
        return this.webhooks.prepare(request);
      case 'operator_mail':
        return this.alerts.prepareMail(request, messageId);
      case 'slack':
        return this.alerts.prepareSlack(request);
      default:
        return unreachable(request);
    }
  }

  private async fail(attempt: Attempt, failure: Failure, forMs: number): Promise<void> {
    const { deliveryId, correlationId } = attempt;
    const { outcome, reason } = failure;
    this.logger.warn({ deliveryId, correlationId, outcome, reason }, 'A delivery attempt failed');
    const data = { attempt: attempt.attempt, jitter: Math.random(), ...failure };
    const failed = new FailAttempt(deliveryId, data, attemptContext(attempt, 'fail'));
    await insist(this.commands, failed, { forMs });
  }
}
