import { Refusal } from '#libs/event-sourcing/src/decider.js';

/** How a customer stands whom a command names. */
export type CustomerStanding =
  { readonly is: 'active' | 'deleted' | 'unknown' } | { readonly is: 'merged'; readonly into: string };

/** How a user stands whom a command names. */
export type UserStanding = 'active' | 'deleted' | 'unknown';

/** Whom a command names, as this context knew them when it came. Left out is who is not named. */
export interface Parties {
  readonly customer?: CustomerStanding;
  readonly user?: UserStanding;
}

export type PartyRefusal =
  'customer_unknown' | 'customer_is_deleted' | 'customer_is_merged' | 'user_unknown' | 'user_is_deleted';

/** Why nothing may be put down for these. */
export function partyRefusal({ customer, user }: Parties): Refusal<PartyRefusal> | undefined {
  if (customer?.is === 'unknown') {
    return new Refusal('customer_unknown', 'No customer has this id. GET /api/customers lists them.');
  }
  if (customer?.is === 'deleted') return customerIsDeleted();
  if (customer?.is === 'merged') {
    const detail = `This customer became part of ${customer.into}. Name that one.`;
    return new Refusal('customer_is_merged', detail, { intoCustomerId: customer.into });
  }
  if (user === 'unknown') {
    return new Refusal('user_unknown', 'No user has this id. GET /api/auth/users lists them.');
  }
  return user === 'deleted' ? userIsDeleted() : undefined;
}

export function customerIsDeleted(): Refusal<PartyRefusal> {
  const detail = 'The customer is deleted. Restore the customer first; what went with them comes back with them.';
  return new Refusal('customer_is_deleted', detail);
}

export function userIsDeleted(): Refusal<PartyRefusal> {
  return new Refusal('user_is_deleted', 'This user is deleted. Name another one as userId.');
}
