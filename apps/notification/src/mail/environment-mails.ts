import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import type { CredentialLinks } from '../attempt-deliveries/credential-links.js';
import type { MailRequest } from '../domain/delivery.js';
import type { MailSettings } from '../settings.js';
import { environmentReadyLetter } from './environment-ready.letter.js';
import { encodeMail } from './mail-message.js';

/** Writes the mails about environments, each with a fresh one-time link. */
export class EnvironmentMails {
  constructor(
    private readonly settings: MailSettings,
    private readonly regions: Catalogue['regions'],
    private readonly links: CredentialLinks,
  ) {}

  /** Address in the SMTP envelope. */
  get sender(): string {
    return this.settings.from.address;
  }

  /** The same for every copy of one delivery, so that mail programs show a repeated message once. */
  messageId(deliveryId: string): string {
    return `<${deliveryId}@${this.sender.slice(this.sender.lastIndexOf('@') + 1)}>`;
  }

  /** @throws CredentialLinkError, ServiceTokenError */
  async compose({ recipient, content }: MailRequest, messageId: string): Promise<Buffer> {
    const { language } = recipient;
    const letter = environmentReadyLetter[language]({
      recipientName: recipient.name,
      mail: content,
      regionName: this.regions[content.region]?.[language],
      link: await this.links.issue(content.environmentId),
      supportContact: this.settings.supportContact,
    });
    const to = { name: recipient.name, address: recipient.email };
    return encodeMail({ from: this.settings.from, to, language, messageId, letter });
  }
}
