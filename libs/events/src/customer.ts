import type { EventOf, EventTable } from './event-table.js';

export { isErased } from './erased.js';

/** How a customer wants to invest. */
export const investmentProfiles = ['conservative', 'moderate', 'aggressive'] as const;
export type InvestmentProfile = (typeof investmentProfiles)[number];

/** How much loss a customer can bear. */
export const riskTolerances = ['low', 'medium', 'high'] as const;
export type RiskTolerance = (typeof riskTolerances)[number];

/** What is known of a customer; null where nothing is. */
export interface CustomerRecord {
  readonly name: string;
  /** Reading of the name. */
  readonly nameKana: string | null;
  readonly email: string | null;
  /** As it was written; searches compare digits only. */
  readonly phone: string | null;
  readonly postalCode: string | null;
  readonly address: string | null;
  /** Calendar day, `1980-04-01`. */
  readonly birthDate: string | null;
  /** What the sales people want to remember of them. */
  readonly note: string | null;
  readonly investmentProfile: InvestmentProfile | null;
  readonly riskTolerance: RiskTolerance | null;
}

export type CustomerField = keyof CustomerRecord;

/** Why a customer has another sales person. */
export type AssignmentCause =
  /** It was said when the customer was written down. */
  | 'created'
  /** A manager decided it. */
  | 'requested'
  /** A sales person took a customer that was nobody's. */
  | 'claimed'
  /** Whoever looked after them was deleted. */
  | 'user_deleted';

export interface CustomerEvents {
  'customer.created': CustomerRecord & {
    readonly customerId: string;
    readonly assignedSalesId: string | null;
    /** Customers that looked like this one, and somebody decided that it is another. */
    readonly differsFrom?: readonly string[];
    /** The import that it came with. */
    readonly importId?: string;
  };
  /** The whole record as it is now, and which fields are other ones than before. */
  'customer.updated': CustomerRecord & {
    readonly customerId: string;
    readonly assignedSalesId: string | null;
    readonly changed: readonly CustomerField[];
    readonly differsFrom?: readonly string[];
  };
  /** Put away; nothing of the record is lost. */
  'customer.deleted': { readonly customerId: string; readonly reason: 'requested' };
  'customer.restored': { readonly customerId: string };
  'customer.assigned': {
    readonly customerId: string;
    /** User id; null when nobody looks after the customer. */
    readonly assignedSalesId: string | null;
    readonly previousSalesId: string | null;
    readonly cause: AssignmentCause;
  };
  /** The customer is the same as another one, and goes. What belongs to it belongs to the other from now on. */
  'customer.merged': { readonly customerId: string; readonly intoCustomerId: string };
  /** Another customer is to go and become this one. Until that is decided, this one can't be deleted or merged. */
  'customer.merge_requested': {
    readonly customerId: string;
    readonly mergedCustomerId: string;
    readonly mergeId: string;
    /** Fields that are taken from the one that goes. */
    readonly take: readonly CustomerField[];
  };
  /** The one that was to go could not, any more: it was deleted, or is itself part of another merge. */
  'customer.merge_refused': {
    readonly customerId: string;
    readonly intoCustomerId: string;
    readonly mergeId: string;
    readonly reason: 'gone' | 'merging';
  };
  /** The other customer is gone and this one stands for both. */
  'customer.absorbed': { readonly customerId: string; readonly mergedCustomerId: string; readonly mergeId: string };
  /** Nothing came of a merge. */
  'customer.merge_abandoned': {
    readonly customerId: string;
    readonly mergedCustomerId: string;
    readonly mergeId: string;
  };
}

export type CustomerEvent = EventOf<CustomerEvents>;

const aboutTheCustomer = {
  personal: ['name', 'nameKana', 'email', 'phone', 'postalCode', 'address', 'birthDate', 'note'],
  subject: { kind: 'customer', id: 'customerId' },
} as const;

export const customerEvents: EventTable<CustomerEvents> = {
  'customer.created': { version: 1, description: 'A customer was written down.', ...aboutTheCustomer },
  'customer.updated': { version: 1, description: 'Something else is known of a customer now.', ...aboutTheCustomer },
  'customer.deleted': { version: 1, description: 'A customer was put away; they can be restored.' },
  'customer.restored': { version: 1, description: 'A deleted customer is back.' },
  'customer.assigned': { version: 1, description: 'Somebody else looks after a customer, or nobody.' },
  'customer.merged': { version: 1, description: 'A customer was the same as another one and became part of it.' },
  'customer.merge_requested': { version: 1, description: 'Another customer is to become part of this one.' },
  'customer.merge_refused': { version: 1, description: 'A customer could not become part of another one.' },
  'customer.absorbed': { version: 1, description: 'Another customer became part of this one.' },
  'customer.merge_abandoned': { version: 1, description: 'Nothing came of a merge; both customers stay.' },
};
