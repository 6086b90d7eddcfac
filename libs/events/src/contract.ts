import type { EventOf, EventTable } from './event-table.js';

/** `ja` or `en`: the language in which the company wants to be written to. */
export type Language = 'ja' | 'en';

/** The contracting company and where its mail goes. */
export interface Company {
  readonly name: string;
  readonly email: string;
  readonly language: Language;
}

/** What was agreed. `plan` and `region` are keys of the catalogue, `storageQuota` is like `1TB` or `500GB`. */
export interface ContractTerms {
  readonly plan: string;
  readonly region: string;
  readonly storageQuota: string;
  readonly userLimit: number;
}

/** Where a contract or a change of it came from. */
export type ContractOrigin =
  { readonly channel: 'api' } | { readonly channel: 'webhook'; readonly sourceId: string; readonly webhookId: string };

interface ContractFacts {
  readonly contractId: string;
  /** The contract's number in the system it comes from, for example `CUST-2025-001`. */
  readonly externalId: string;
  readonly company: Company;
  readonly terms: ContractTerms;
  /** Calendar day, `2025-05-29`. */
  readonly contractDate: string;
}

/** The customer of a `customer.registered` webhook, in our words. */
export interface RegisteredCustomer {
  readonly externalId: string;
  readonly company: Company;
  readonly terms: ContractTerms;
  readonly contractDate: string;
}

export interface ContractEvents {
  'contract.drafted': ContractFacts & {
    readonly origin: ContractOrigin;
    /** ISO instant of the change in the system it comes from. */
    readonly changedAt: string;
  };
  'contract.signed': ContractFacts;
  /** A change older than the one applied arrived late; nothing follows from it. */
  'contract.change_superseded': {
    readonly contractId: string;
    readonly origin: ContractOrigin;
    readonly changedAt: string;
    readonly appliedChangedAt: string;
  };
  /** A newer change with other content is on record; it is not applied. */
  'contract.change_recorded': ContractFacts & { readonly origin: ContractOrigin; readonly changedAt: string };
}

export type ContractEvent = EventOf<ContractEvents>;

const aboutTheContact = {
  personal: ['company.name', 'company.email'],
  subject: { kind: 'contract', id: 'contractId' },
} as const;

export const contractEvents: EventTable<ContractEvents> = {
  'contract.drafted': {
    version: 1,
    description: 'A contract was written down; it binds nobody yet.',
    ...aboutTheContact,
  },
  'contract.signed': {
    version: 1,
    description: 'The customer signed; an environment is owed to them.',
    ...aboutTheContact,
  },
  'contract.change_superseded': {
    version: 1,
    description: 'A change arrived that is older than the one applied; it was ignored.',
  },
  'contract.change_recorded': {
    version: 1,
    description: 'A newer change with other content arrived and was put on record.',
    ...aboutTheContact,
  },
};

export interface WebhookSourceEvents {
  'webhook_source.registered': { readonly sourceId: string; readonly name: string };
  /** The secret itself stands encrypted in the credential table under this id and version. */
  'webhook_source.secret_added': { readonly sourceId: string; readonly credentialId: string; readonly version: number };
  'webhook_source.secret_retired': {
    readonly sourceId: string;
    readonly credentialId: string;
    readonly version: number;
  };
}

export type WebhookSourceEvent = EventOf<WebhookSourceEvents>;

export const webhookSourceEvents: EventTable<WebhookSourceEvents> = {
  'webhook_source.registered': { version: 1, description: 'A system was allowed to send us webhooks.' },
  'webhook_source.secret_added': { version: 1, description: 'A signing secret of a webhook source became valid.' },
  'webhook_source.secret_retired': { version: 1, description: 'A signing secret of a webhook source is refused now.' },
};

export interface WebhookEvents {
  'webhook.received': {
    readonly sourceId: string;
    /** The sender's `webhook-id`. */
    readonly webhookId: string;
    readonly webhookType: 'customer.registered';
    /** The contract that the customer's number in this source stands for. */
    readonly contractId: string;
    /** ISO instant of the change, as the sender says. */
    readonly changedAt: string;
    readonly customer: RegisteredCustomer;
  };
}

export type WebhookEvent = EventOf<WebhookEvents>;

export const webhookEvents: EventTable<WebhookEvents> = {
  'webhook.received': {
    version: 1,
    description: 'A signed webhook was verified, validated and accepted.',
    personal: ['customer.company.name', 'customer.company.email'],
    subject: { kind: 'contract', id: 'contractId' },
  },
};
