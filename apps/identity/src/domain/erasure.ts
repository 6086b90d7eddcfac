import type { ErasureReason, Subject } from '#libs/events/src/identity.js';

/** A context says that it has cleared its copies; an ISO instant. */
export interface Confirmation {
  readonly context: string;
  readonly clearedAt: string;
}

interface Requested {
  readonly subject: Subject;
  readonly reason: ErasureReason;
  readonly requestedBy: { readonly id: string; readonly role: string };
  readonly requestedAt: string;
  /** Whose confirmations are needed. */
  readonly contexts: readonly string[];
}

interface Destroyed extends Requested {
  readonly keyDestroyedAt: string;
}

/**
 * `requested`, `key_destroyed` while processes may hold the key in memory, `clearing` while contexts clear their
 * copies, `completed`.
 */
export type ErasureState =
  | { readonly status: 'none' }
  | ({ readonly status: 'requested' } & Requested)
  | ({ readonly status: 'key_destroyed' } & Destroyed)
  | ({ readonly status: 'clearing'; readonly cleared: readonly Confirmation[] } & Destroyed)
  | { readonly status: 'completed' };

export const erasureStatuses = [
  'requested',
  'key_destroyed',
  'clearing',
  'completed',
] as const satisfies readonly Exclude<ErasureState['status'], 'none'>[];

export type ErasureRefusal = 'erasure_not_found' | 'erasure_key_in_memory';
