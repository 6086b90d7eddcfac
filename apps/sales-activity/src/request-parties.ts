import type { Caller } from '#libs/http/src/request.js';
import type { Parties } from './domain/parties.js';
import type { KnownParties } from './known-parties.js';
import { salesActivityProblem } from './sales-activity.problems.js';

interface Named {
  readonly customerId?: string | null | undefined;
  readonly userId?: string | undefined;
}

/**
 * How those stand whom a request names. It goes into the command: a request that is repeated is answered as it was
 * before anybody asks how they stand by then.
 */
export async function partiesOf({ customerId, userId }: Named, known: KnownParties): Promise<Parties> {
  const [customer, user] = await Promise.all([
    typeof customerId === 'string' ? known.customer(customerId) : undefined,
    userId === undefined ? undefined : known.user(userId),
  ]);
  return { ...(customer && { customer }), ...(user && { user }) };
}

/** The same for what is to be restored: its customer, and its own user or whoever takes over. */
export async function partiesOfRestored(
  record: { readonly customerId: string | null; readonly userId: string } | undefined,
  heir: string | undefined,
  known: KnownParties,
): Promise<Parties> {
  const parties = await partiesOf({ customerId: record?.customerId, userId: heir ?? record?.userId }, known);
  if (heir !== undefined || parties.user !== 'unknown') return parties;
  // Nobody asks for a user to be known whom nobody names.
  const { customer } = parties;
  return { ...(customer && { customer }) };
}

/** Whose a new meeting or task is where nobody is named: the caller's, who has to be a user like anybody named. */
export function ownUserId({ id, role }: Caller): string {
  if (role === 'SERVICE') throw salesActivityProblem('user_needed');
  return id;
}

/** The fields that were sent: a DTO has the others as undefined. */
export function sent<Body extends object>(body: Body): { [Key in keyof Body]?: Exclude<Body[Key], undefined> } {
  const entries = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Body]?: Exclude<Body[Key], undefined> };
}
