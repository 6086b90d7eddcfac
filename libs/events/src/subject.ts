/**
 * Whom personal values tell of; each subject has a key of its own.
 * `contract`: the contact of the contracting company, by contract id, in every context that copies it.
 * `customer`: a client in the CRM, by customer id, in every context that copies it.
 * `user`: somebody who may sign in, by user id. `client`: a machine that calls us, by actor id.
 */
export const subjectKinds = ['contract', 'customer', 'user', 'client'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/** `contract:<contractId>`, `customer:<customerId>`, `user:<userId>` or `client:<actorId>`. */
export type Subject = `${SubjectKind}:${string}`;

const machines: ReadonlySet<string> = new Set(['SERVICE', 'ANONYMOUS']);

/**
 * Whom the address of an actor tells of. A machine that calls with a key has whatever role the key has. Where nobody
 * is signed in it is taken for the address of the user whom the event concerns, who is most often the one that tried.
 */
export function actorSubject(actor: { readonly id: string; readonly role: string }, data: object): Subject {
  const { id, role } = actor;
  const { userId } = data as { readonly userId?: unknown };
  if (role === 'ANONYMOUS' && typeof userId === 'string') return `user:${userId}`;
  return `${machines.has(role) || id.startsWith('api-key:') ? 'client' : 'user'}:${id}`;
}

/** The id of a subject when it is of this kind. */
export function subjectId(kind: SubjectKind, subject: Subject): string | undefined {
  return subject.startsWith(`${kind}:`) ? subject.slice(kind.length + 1) : undefined;
}
