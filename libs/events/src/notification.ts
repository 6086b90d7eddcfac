import type { Language } from './contract.js';
import type { EventOf, EventTable } from './event-table.js';
import type { FailureClass } from './provisioning.js';

/** What the mail `environment_ready` tells; the link to the credential is fetched just before sending. */
export interface EnvironmentReadyMail {
  readonly template: 'environment_ready';
  readonly environmentId: string;
  readonly url: string;
  readonly administrator: string;
  readonly storageQuota: string;
  readonly userLimit: number;
  readonly region: string;
}

/** What the customer is told when the environment is late (`environment_delayed`) or does not come up. */
export interface EnvironmentTroubleMail {
  readonly template: 'environment_delayed' | 'environment_failed';
  readonly environmentId: string;
  readonly url: string;
  readonly cause: FailureClass;
}

export type MailContent = EnvironmentReadyMail | EnvironmentTroubleMail;
export const mailTemplates = ['environment_ready', 'environment_delayed', 'environment_failed'] as const;

interface Attempt {
  readonly deliveryId: string;
  readonly attempt: string;
}

export interface DeliveryEvents {
  'delivery.requested': {
    readonly deliveryId: string;
    /** The contract whose contact is written to. */
    readonly contractId: string;
    readonly channel: 'mail';
    readonly recipient: { readonly name: string; readonly email: string; readonly language: Language };
    readonly content: MailContent;
  };
  'delivery.attempt_started': Attempt & { readonly number: number; readonly leaseUntil: string };
  /**
   * Recorded just before the message leaves: from here on a crash leaves its fate unknown. It renews the lease,
   * so that the talk with the mail server has a time of its own.
   */
  'delivery.sending': Attempt & { readonly messageId: string; readonly leaseUntil: string };
  'delivery.sent': Attempt & { readonly messageId: string };
  /** An attempt ended between sending and noting it: the message may arrive twice. */
  'delivery.possibly_sent': Attempt & { readonly messageId: string };
  'delivery.failed': Attempt & { readonly reason: string; readonly retryAt: string };
  'delivery.abandoned': { readonly deliveryId: string; readonly reason: string };
}

export type DeliveryEvent = EventOf<DeliveryEvents>;

export const deliveryEvents: EventTable<DeliveryEvents> = {
  'delivery.requested': {
    version: 1,
    description: 'Somebody is to be told something.',
    personal: ['recipient.name', 'recipient.email', 'content.administrator'],
    subject: { kind: 'contract', id: 'contractId' },
  },
  'delivery.attempt_started': { version: 1, description: 'A worker leased the delivery.' },
  'delivery.sending': { version: 1, description: 'The message is about to leave.' },
  'delivery.sent': { version: 1, description: 'The mail server took the message.' },
  'delivery.possibly_sent': { version: 1, description: 'A crash hid whether the message left; it is sent again.' },
  'delivery.failed': { version: 1, description: 'An attempt failed and will be repeated.' },
  'delivery.abandoned': { version: 1, description: 'The message was given up after the last attempt.' },
};
