import { Refusal } from '#libs/event-sourcing/src/decider.js';

/** What the copies say of a customer whom a command names. */
export type CustomerFinding =
  { readonly standing: 'active' | 'unknown' | 'deleted' } | { readonly standing: 'merged'; readonly into: string };

/** What they say of a user whom a command gives something to do; `unfit`: their role does not allow it. */
export type UserFinding = 'active' | 'unknown' | 'deleted' | 'unfit';

/** Looked up before the command is decided, so that a repeated command is answered as the first time. */
export interface Findings {
  readonly customer?: CustomerFinding;
  readonly users: Readonly<Record<string, UserFinding>>;
}

export type PeopleRefusal =
  'customer_unknown' | 'customer_is_deleted' | 'customer_is_merged' | 'user_unknown' | 'user_is_deleted' | 'user_unfit';

const userRefusals = {
  unknown: ['user_unknown', 'Nobody has one of these user ids. GET /api/auth/users lists who is there.'],
  deleted: ['user_is_deleted', 'One of these users was deleted. Name somebody who is there.'],
  unfit: ['user_unfit', 'The role of one of these users does not allow it. Name an ADMIN, a MANAGER or a SALES user.'],
} as const satisfies Record<Exclude<UserFinding, 'active'>, readonly [PeopleRefusal, string]>;

/** Why a command may not name these people; undefined where it may. */
export function refusePeople({ customer, users }: Findings): Refusal<PeopleRefusal> | undefined {
  switch (customer?.standing) {
    case 'unknown':
      return new Refusal('customer_unknown', 'No customer has this id. GET /api/customers lists them.');
    case 'deleted':
      return new Refusal('customer_is_deleted', 'This customer was deleted. Restore them first, or name another one.');
    case 'merged': {
      const { into } = customer;
      const detail = `This customer became part of ${into}. Name that one.`;
      return new Refusal('customer_is_merged', detail, { customerId: into });
    }
    case 'active':
    case undefined:
  }
  for (const [finding, [code, detail]] of Object.entries(userRefusals)) {
    const named = Object.keys(users).filter((id) => users[id] === finding);
    if (named.length > 0) return new Refusal(code, detail, { userIds: named });
  }
  return undefined;
}
