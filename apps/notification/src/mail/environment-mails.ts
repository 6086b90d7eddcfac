import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { CredentialLinks } from '../attempt-deliveries/credential-links.js';
import type { MailRequest } from '../domain/delivery.js';
import type { MailSettings } from '../settings.js';
import { environmentChangeLetter } from './environment-change.letter.js';
import { environmentReadyLetter } from './environment-ready.letter.js';
import { environmentTroubleLetter } from './environment-trouble.letter.js';
import type { Letter } from './letter.js';
import { encodeMail, type Mailbox } from './mail-message.js';

/** Writes the mails about environments; the one that tells of a ready environment with a fresh one-time link. */
export class EnvironmentMails {
  constructor(
    private readonly settings: MailSettings,
    private readonly catalogue: Catalogue,
    private readonly links: CredentialLinks,
  ) {}

  get from(): Mailbox {
    return this.settings.from;
  }

  /** Address in the SMTP envelope. */
  get sender(): string {
    return this.settings.from.address;
  }

  /** The same for every copy of one delivery, so that mail programs show a repeated message once. */
  messageId(deliveryId: string): string {
    return `<${deliveryId}@${this.sender.slice(this.sender.lastIndexOf('@') + 1)}>`;
  }

  /** @throws CredentialLinkError, ServiceTokenError */
  async compose(request: MailRequest, messageId: string): Promise<Buffer> {
    const { name, email: address, language } = request.recipient;
    const letter = await this.letter(request);
    return encodeMail({ from: this.settings.from, to: { name, address }, language, messageId, letter });
  }

  private async letter({ recipient, content }: MailRequest): Promise<Letter> {
    const { name: recipientName, language } = recipient;
    const { supportContact } = this.settings;
    switch (content.template) {
      case 'environment_ready':
        return environmentReadyLetter[language]({
          recipientName,
          mail: content,
          regionName: this.catalogue.regions[content.region]?.[language],
          link: await this.links.issue(content.environmentId),
          supportContact,
        });
      case 'environment_delayed':
      case 'environment_failed':
        return environmentTroubleLetter[language]({ recipientName, mail: content, supportContact });
      case 'environment_amended': {
        const { plans, regions } = this.catalogue;
        const planName = plans[content.plan]?.name[language];
        const regionName = regions[content.region]?.[language];
        return environmentChangeLetter[language]({
          recipientName,
          mail: content,
          planName,
          regionName,
          supportContact,
        });
      }
      case 'environment_suspended':
      case 'environment_restored':
      case 'environment_retained':
      case 'environment_deleted':
        return environmentChangeLetter[language]({ recipientName, mail: content, supportContact });
      default:
        return unreachable(content);
    }
  }
}
