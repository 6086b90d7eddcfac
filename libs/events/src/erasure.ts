import type { EventOf, EventTable } from './event-table.js';
import type { Subject } from './subject.js';

/** Every context keeps copies of personal data and confirms that it has cleared them. */
export const clearingContexts = [
  'contract',
  'customer',
  'identity',
  'notification',
  'opportunity',
  'provisioning',
  'sales-activity',
] as const;
export type ClearingContext = (typeof clearingContexts)[number];

/** Why somebody's data is erased: the grounds of Art. 17 GDPR. A closed list, because a free text could name people. */
export const erasureReasons = [
  'requested_by_person',
  'no_longer_needed',
  'consent_withdrawn',
  'processing_unlawful',
  'legal_obligation',
] as const;
export type ErasureReason = (typeof erasureReasons)[number];

interface Erasure {
  readonly erasureId: string;
  readonly subject: Subject;
}

interface ErasureRequest extends Erasure {
  readonly reason: ErasureReason;
  readonly requestedBy: { readonly id: string; readonly role: string };
  /** ISO instant, as the others here. */
  readonly requestedAt: string;
}

export interface ErasureEvents {
  /** `contexts` have to confirm before the erasure is complete. */
  'erasure.requested': ErasureRequest & { readonly contexts: readonly string[] };
  'erasure.key_destroyed': Erasure & { readonly destroyedAt: string };
  /** From here on no process can make another copy: none holds the key in memory any more. */
  'erasure.key_forgotten': Erasure;
  'erasure.confirmed': { readonly erasureId: string; readonly context: string; readonly clearedAt: string };
  'erasure.completed': ErasureRequest & {
    readonly keyDestroyedAt: string;
    readonly completedAt: string;
    readonly cleared: readonly { readonly context: string; readonly clearedAt: string }[];
  };
}

export type ErasureEvent = EventOf<ErasureEvents>;

export const erasureEvents: EventTable<ErasureEvents> = {
  'erasure.requested': { version: 1, description: 'The personal data of a subject is to be erased.' },
  'erasure.key_destroyed': {
    version: 1,
    description: 'The key of the subject was destroyed: what the log holds is unreadable.',
  },
  'erasure.key_forgotten': {
    version: 1,
    description: 'No process holds the key in memory any more: the contexts clear their copies for good.',
  },
  'erasure.confirmed': { version: 1, description: 'A context has cleared its copies.' },
  'erasure.completed': {
    version: 1,
    description: 'Every context has cleared its copies. This is the certificate of the erasure.',
  },
};

export interface ClearanceEvents {
  'erasure.copies_cleared': Erasure & { readonly context: ClearingContext };
}

export type ClearanceEvent = EventOf<ClearanceEvents>;

export const clearanceEvents: EventTable<ClearanceEvents> = {
  'erasure.copies_cleared': {
    version: 1,
    description: 'A context says that it holds nothing of the subject any more.',
  },
};
