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

/** Where a contract or a change of it came from. Channels may be added; a reader passes over those it does not know. */
export type ContractOrigin =
  | { readonly channel: 'api' }
  | { readonly channel: 'webhook'; readonly sourceId: string; readonly webhookId: string }
  /** A row of a contract database; `cursor` is what its cursor column held. */
  | { readonly channel: 'polling'; readonly source: string; readonly rowId: string; readonly cursor: string }
  /** An event that another system appended to our inbox stream. */
  | { readonly channel: 'inbox'; readonly source: string; readonly eventId: string };

/** What can happen to a contract as a whole, in the words of its events and of the systems that report it. */
export const lifeCycleChanges = ['suspended', 'resumed', 'terminated', 'cancelled'] as const;
export type LifeCycleChange = (typeof lifeCycleChanges)[number];

interface ContractFacts {
  readonly contractId: string;
  /** The contract's number in the system it comes from, for example `CUST-2025-001`. */
  readonly externalId: string;
  readonly company: Company;
  readonly terms: ContractTerms;
  /** Calendar day, `2025-05-29`. */
  readonly contractDate: string;
}

/** A customer as another system registers or changes them, in our words. */
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
  /**
   * A newer change with other content is on record; it was never applied. Old logs hold such events; none is written
   * any more. What it says becomes an amendment once it is reported again, or when somebody amends the contract.
   */
  'contract.change_recorded': ContractFacts & Reported;
  /** The content is another one now; `previous` are the terms that held until then. */
  'contract.amended': ContractFacts & Reported & { readonly previous: ContractTerms };
  /** Another system reported what can't be done in place, or no more. Nothing follows from it. */
  'contract.amendment_refused': { readonly contractId: string; readonly reason: string } & Reported;
  'contract.suspended': LifeCycleFacts;
  'contract.resumed': LifeCycleFacts;
  'contract.terminated': LifeCycleFacts;
  /** Meant for a contract whose environment is not ready yet; one that was ready is terminated instead. */
  'contract.cancelled': LifeCycleFacts;
  /** A newer report said what holds already. Reports that are older than it and come late are superseded. */
  'contract.report_confirmed': { readonly contractId: string; readonly confirms: 'content' | 'standing' } & Reported;
  /** A change arrived before the registration of its contract. It is carried out as soon as that arrives. */
  'contract.change_held': LifeCycleFacts & { readonly externalId: string; readonly change: LifeCycleChange };
}

interface Reported {
  readonly origin: ContractOrigin;
  /** ISO instant of the change in the system it comes from. */
  readonly changedAt: string;
}

interface LifeCycleFacts extends Reported {
  readonly contractId: string;
  /** One line for people; absent where another system gave none. It names nobody: it is not sealed. */
  readonly reason?: string;
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
    description: 'A newer change with other content arrived and was put on record. No longer written.',
    ...aboutTheContact,
  },
  'contract.amended': {
    version: 1,
    description: 'The contract says something else from now on.',
    ...aboutTheContact,
  },
  'contract.amendment_refused': {
    version: 1,
    description: "A reported change can't be done in place, or no more; it was refused.",
  },
  'contract.suspended': { version: 1, description: 'The contract rests; its environment is to be put to sleep.' },
  'contract.resumed': { version: 1, description: 'A suspended contract holds again.' },
  'contract.terminated': { version: 1, description: 'The contract ended; its environment is to be taken down.' },
  'contract.cancelled': { version: 1, description: 'The contract was called off.' },
  'contract.report_confirmed': { version: 1, description: 'A newer report said what holds already.' },
  'contract.change_held': {
    version: 1,
    description: 'A change arrived before its contract was registered; it waits for that.',
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
    readonly webhookType: 'customer.registered' | 'customer.changed';
    /** The contract that the customer's number in this source stands for. */
    readonly contractId: string;
    /** ISO instant of the change, as the sender says. */
    readonly changedAt: string;
    readonly customer: RegisteredCustomer;
  };
  'webhook.life_cycle_received': {
    readonly sourceId: string;
    readonly webhookId: string;
    readonly webhookType: `customer.${LifeCycleChange}`;
    readonly contractId: string;
    /** The customer's number in this source. */
    readonly externalId: string;
    readonly changedAt: string;
    readonly reason?: string;
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
  'webhook.life_cycle_received': {
    version: 1,
    description: 'A signed webhook said that a customer was suspended, resumed, terminated or cancelled.',
  },
};
