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

/** What a receiver of webhooks is told, in the words of the documents. Nothing in it is personal or secret. */
export interface WebhookContent {
  /** Id of the event that it tells of. */
  readonly eventId: string;
  /** `environment.ready` */
  readonly eventType: string;
  readonly timestamp: string;
  readonly data: EnvironmentUpdate | { readonly message: string };
}

/** An environment as another system is told of it. */
export interface EnvironmentUpdate {
  readonly environmentId: string;
  readonly contractId: string;
  /** The customer's number in the system that registered them. */
  readonly externalId: string;
  readonly status: EnvironmentStatus;
  readonly url: string;
  readonly specification: {
    readonly plan: string;
    readonly region: string;
    readonly storageQuota: string;
    readonly userLimit: number;
  };
  /** Why it is in this status, in plain words; only where people have to look. */
  readonly reason?: string;
  /** Grows with each update of one environment: what comes with a smaller number than one before it is older. */
  readonly sequence: number;
}

export type EnvironmentStatus =
  | 'provisioning'
  | 'awaiting_approval'
  | 'needs_attention'
  | 'ready'
  | 'suspended'
  | 'terminating'
  | 'retained'
  | 'deleted'
  | 'cancelled';

/** What the customer is told when the environment is late (`environment_delayed`) or does not come up. */
export interface EnvironmentTroubleMail {
  readonly template: 'environment_delayed' | 'environment_failed';
  readonly environmentId: string;
  readonly url: string;
  readonly cause: FailureClass;
}

interface ChangeMail<Template extends string> {
  readonly template: Template;
  readonly environmentId: string;
  readonly url: string;
}

/** What the customer is told of what became of their environment after it was ready, or of its end. */
export type EnvironmentChangeMail =
  | (ChangeMail<'environment_amended'> & {
      readonly plan: string;
      readonly storageQuota: string;
      readonly userLimit: number;
      readonly region: string;
    })
  | ChangeMail<'environment_suspended'>
  | ChangeMail<'environment_restored'>
  /** `deleteAt`: ISO instant. */
  | (ChangeMail<'environment_retained'> & { readonly deleteAt: string })
  | (ChangeMail<'environment_deleted'> & { readonly why: 'terminated' | 'cancelled'; readonly deletedAt: string });

export type MailContent = EnvironmentReadyMail | EnvironmentTroubleMail | EnvironmentChangeMail;
export const mailTemplates = [
  'environment_ready',
  'environment_delayed',
  'environment_failed',
  'environment_amended',
  'environment_suspended',
  'environment_restored',
  'environment_retained',
  'environment_deleted',
] as const satisfies readonly MailContent['template'][];

export const alertCauses = ['needs_attention', 'approval', 'drift', 'failure_rate'] as const;

/** What operators are told, in plain words. Nothing in it is personal or secret. */
export interface OperatorAlert {
  readonly cause: (typeof alertCauses)[number];
  /** One line. */
  readonly title: string;
  /** Absent where it is about many. `plan` and `region` are keys of the catalogue. */
  readonly environment?: {
    readonly environmentId: string;
    readonly externalId: string;
    readonly plan: string;
    readonly region: string;
  };
  readonly step?: string;
  /** The object that failed, for example `Deployment web in env-cust-2025-001-1f2e3d4c`. */
  readonly object?: string;
  readonly reason: string;
  readonly whatToDo: string;
  /** ISO instant. */
  readonly happenedAt: string;
}

/** How operators are reached; whom and where say the settings at the moment of sending. */
export const alertChannels = ['operator_mail', 'slack'] as const;
export type AlertChannel = (typeof alertChannels)[number];

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
  'delivery.webhook_requested': {
    readonly deliveryId: string;
    readonly channel: 'webhook';
    readonly endpointId: string;
    readonly content: WebhookContent;
  };
  'delivery.alert_requested': {
    readonly deliveryId: string;
    readonly channel: AlertChannel;
    readonly content: OperatorAlert;
  };
  'delivery.attempt_started': Attempt & { readonly number: number; readonly leaseUntil: string };
  /**
   * Recorded just before the message leaves: from here on a crash leaves its fate unknown. It renews the lease,
   * so that the talk with the mail server, or the receiver of a webhook, has a time of its own.
   */
  'delivery.sending': Attempt & { readonly messageId: string; readonly leaseUntil: string };
  'delivery.sent': Attempt & { readonly messageId: string };
  /** An attempt ended between sending and noting it: the message may arrive twice. */
  'delivery.possibly_sent': Attempt & { readonly messageId: string };
  'delivery.failed': Attempt & { readonly reason: string; readonly retryAt: string };
  'delivery.abandoned': { readonly deliveryId: string; readonly reason: string };
  /** What came of one webhook; the outcome for the delivery follows. */
  'delivery.webhook_tried': Attempt & {
    readonly endpointId: string;
    readonly accepted: boolean;
    /** HTTP status of the answer; absent when there was none. */
    readonly status?: number;
    readonly durationMs: number;
    /** The beginning of an answer that was no success, without anything that looks like a secret or an address. */
    readonly excerpt?: string;
  };
  'delivery.replay_requested': { readonly deliveryId: string };
}

export type DeliveryEvent = EventOf<DeliveryEvents>;

export const deliveryEvents: EventTable<DeliveryEvents> = {
  'delivery.requested': {
    version: 1,
    description: 'Somebody is to be told something.',
    personal: ['recipient.name', 'recipient.email', 'content.administrator'],
    subject: { kind: 'contract', id: 'contractId' },
  },
  'delivery.webhook_requested': { version: 1, description: 'The receiver of webhooks is to be told something.' },
  'delivery.alert_requested': { version: 1, description: 'The operators are to be told something.' },
  'delivery.attempt_started': { version: 1, description: 'A worker leased the delivery.' },
  'delivery.sending': { version: 1, description: 'The message is about to leave.' },
  'delivery.sent': { version: 1, description: 'The mail server, or the receiver of the webhook, took the message.' },
  'delivery.possibly_sent': { version: 1, description: 'A crash hid whether the message left; it is sent again.' },
  'delivery.failed': { version: 1, description: 'An attempt failed and will be repeated.' },
  'delivery.abandoned': { version: 1, description: 'The message was given up after the last attempt.' },
  'delivery.webhook_tried': { version: 1, description: 'A receiver of webhooks answered, or could not be reached.' },
  'delivery.replay_requested': { version: 1, description: 'Somebody asked that the webhook is sent again.' },
};

interface EndpointSecret {
  readonly endpointId: string;
  /** The secret itself stands encrypted in the credential table under this id and version. */
  readonly credentialId: string;
  readonly version: number;
}

export interface WebhookEndpointEvents {
  'webhook_endpoint.registered': {
    readonly endpointId: string;
    readonly name: string;
    readonly url: string;
    /** Types of events that it wants; absent: all. */
    readonly events?: readonly string[];
  };
  'webhook_endpoint.secret_added': EndpointSecret;
  'webhook_endpoint.secret_retired': EndpointSecret;
  'webhook_endpoint.failing_began': { readonly endpointId: string; readonly since: string };
  'webhook_endpoint.recovered': { readonly endpointId: string };
  'webhook_endpoint.disabled': {
    readonly endpointId: string;
    readonly cause: 'by_hand' | 'gone' | 'failing';
    readonly reason: string;
  };
  'webhook_endpoint.enabled': { readonly endpointId: string };
  /** Everything for this endpoint that was given up and was asked for at `since` or later is to be sent again. */
  'webhook_endpoint.replay_requested': { readonly endpointId: string; readonly since: string };
}

export type WebhookEndpointEvent = EventOf<WebhookEndpointEvents>;

export const webhookEndpointEvents: EventTable<WebhookEndpointEvents> = {
  'webhook_endpoint.registered': { version: 1, description: 'A system was named that is told what happens.' },
  'webhook_endpoint.secret_added': {
    version: 1,
    description: 'Webhooks to the endpoint are signed with a new secret.',
  },
  'webhook_endpoint.secret_retired': {
    version: 1,
    description: 'A secret signs no webhooks to the endpoint any more.',
  },
  'webhook_endpoint.failing_began': { version: 1, description: 'The endpoint took a webhook last before this.' },
  'webhook_endpoint.recovered': { version: 1, description: 'The endpoint took a webhook again.' },
  'webhook_endpoint.disabled': { version: 1, description: 'Nothing is sent to the endpoint from here on.' },
  'webhook_endpoint.enabled': { version: 1, description: 'Webhooks are sent to the endpoint again.' },
  'webhook_endpoint.replay_requested': {
    version: 1,
    description: 'Webhooks that were given up are to be sent to the endpoint again.',
  },
};
