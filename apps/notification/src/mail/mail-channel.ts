import { Injectable } from '@nestjs/common';
import { ServiceTokenError } from '#libs/auth/src/service-token.js';
import { CredentialLinkError } from '../attempt-deliveries/credential-links.js';
import { CannotPrepare, type Outgoing } from '../attempt-deliveries/outgoing.js';
import type { MailRequest } from '../domain/delivery.js';
import { EnvironmentMails } from './environment-mails.js';
import { SmtpSender } from './smtp-sender.js';

/** How mails leave. */
@Injectable()
export class MailChannel {
  constructor(
    private readonly mails: EnvironmentMails,
    private readonly sender: SmtpSender,
  ) {}

  /** @param earlier Message-ID of the copies before this one @throws CannotPrepare */
  async prepare(request: MailRequest, earlier: string | undefined): Promise<Outgoing> {
    const messageId = earlier ?? this.mails.messageId(request.deliveryId);
    const message = await this.compose(request, messageId);
    const send = async (): Promise<undefined> => {
      await this.sender.send(this.mails.sender, request.recipient.email, message);
    };
    return { messageId, send };
  }

  private async compose(request: MailRequest, messageId: string): Promise<Buffer> {
    try {
      return await this.mails.compose(request, messageId);
    } catch (error) {
      const known = error instanceof CredentialLinkError || error instanceof ServiceTokenError;
      throw new CannotPrepare(known ? error.message : 'The mail could not be written.');
    }
  }
}
