import { Inject, Injectable } from '@nestjs/common';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { CannotPrepare, type Outgoing } from '../attempt-deliveries/outgoing.js';
import type { AlertRequest } from '../domain/delivery.js';
import { encodeMail } from '../mail/mail-message.js';
import { EnvironmentMails } from '../mail/environment-mails.js';
import { SmtpSender } from '../mail/smtp-sender.js';
import { ALERT_SETTINGS, type AlertSettings } from '../settings.js';
import { alertLetter, alertSlackText } from './alert-text.js';
import { SlackSender } from './slack-sender.js';

/** How operators are reached. Whom and where say the settings of now: nobody's address stands in the log. */
@Injectable()
export class AlertChannels {
  constructor(
    @Inject(ALERT_SETTINGS) private readonly settings: AlertSettings,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly mails: EnvironmentMails,
    private readonly smtp: SmtpSender,
    private readonly slack: SlackSender,
  ) {}

  /** One mail to all of them. @param earlier Message-ID of the copies before this one @throws CannotPrepare */
  async prepareMail({ deliveryId, content }: AlertRequest, earlier: string | undefined): Promise<Outgoing> {
    const { operators } = this.settings;
    if (operators.length === 0) {
      throw new CannotPrepare('OPERATOR_MAIL names nobody any more. Name the operators who are to be told.', true);
    }
    const messageId = earlier ?? this.mails.messageId(deliveryId);
    const message = await encodeMail({
      from: this.mails.from,
      to: operators,
      language: 'en',
      messageId,
      letter: alertLetter(content, this.place),
    });
    const addresses = operators.map(({ address }) => address);
    const send = async (): Promise<undefined> => {
      await this.smtp.send(this.mails.sender, addresses, message);
    };
    return { messageId, send };
  }

  /** @throws CannotPrepare */
  async prepareSlack({ deliveryId, content }: AlertRequest): Promise<Outgoing> {
    if (!this.settings.slackUrl) {
      throw new CannotPrepare('SLACK_WEBHOOK_URL is not set any more. Set it to tell the operators in Slack.', true);
    }
    const text = alertSlackText(content, this.place);
    return { messageId: deliveryId, send: () => this.slack.send(text) };
  }

  private get place() {
    return { regions: this.catalogue.regions, publicUrl: this.settings.publicUrl };
  }
}
