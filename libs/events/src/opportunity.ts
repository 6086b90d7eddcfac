import type { EventOf, EventTable } from './event-table.js';

export type { CustomerEvents } from './customer.js';
export type { UserEvents } from './identity.js';

export const approvalStatuses = ['PENDING', 'APPROVED', 'REJECTED', 'RECALLED'] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** `all_of`: every approver has to approve. `any_of`: one is enough. One rejection ends the request in both. */
export const stepRules = ['all_of', 'any_of'] as const;

export interface ApprovalStep {
  readonly rule: (typeof stepRules)[number];
  /** User ids. */
  readonly approvers: readonly string[];
}

/** What is asked for. Amounts are whole yen. */
export interface ApprovalContent {
  /** What the request is about, like `deal` and its id. */
  readonly subject: { readonly type: string; readonly id: string | null };
  readonly title: string;
  readonly description: string | null;
  readonly amount: number | null;
  /** One after the other. */
  readonly steps: readonly ApprovalStep[];
  /** How long a step waits before its approvers are reminded, each time, and before it is escalated. */
  readonly remindAfterHours: number;
  readonly escalateAfterHours: number;
  /** User id; null leaves it to whoever is there then. */
  readonly escalateTo: string | null;
}

interface ApprovalFacts {
  readonly approvalId: string;
  /** A user, or a machine client. */
  readonly requesterId: string;
  readonly customerId: string | null;
}

/** A timer that the log has: something is due at `nextTimerAt`. All instants are ISO 8601 in UTC. */
interface Waiting {
  /** When the step began to wait. */
  readonly startedAt: string;
  readonly nextTimerAt: string;
}

/** Who decided, and in whose place: `decidedBy` is `approverId` where somebody decided for themselves. */
export interface ApprovalDecision {
  /** From 0. */
  readonly step: number;
  readonly decision: 'approved' | 'rejected';
  readonly approverId: string;
  readonly decidedBy: string;
  /** The delegates from the approver on, `decidedBy` last; empty without a delegation. */
  readonly via: readonly string[];
  readonly decidedAt: string;
}

interface ApprovalOutcome {
  readonly subject: ApprovalContent['subject'];
  readonly amount: number | null;
  readonly decidedBy: string;
  /** The approver in whose place it was decided; null where they did it themselves. */
  readonly onBehalfOf: string | null;
  readonly decidedAt: string;
  readonly comment: string | null;
}

export type RecallReason = 'requested' | 'customer_deleted' | 'approver_deleted' | 'requester_deleted';

export interface ApprovalEvents {
  'approval.requested': ApprovalFacts & ApprovalContent & Waiting;
  /** As it is now. Only before anybody has decided. */
  'approval.updated': ApprovalFacts &
    ApprovalContent &
    Waiting & {
      readonly changed: readonly string[];
      /** Who is not asked any more. */
      readonly formerApprovers: readonly string[];
    };
  'approval.step_decided': ApprovalFacts & ApprovalDecision & { readonly comment: string | null };
  /** The step before it is complete; `approvers` are asked now. */
  'approval.step_reached': ApprovalFacts &
    Waiting & {
      readonly step: number;
      readonly approvers: readonly string[];
      /** Those of the step before, and whom it was escalated to. */
      readonly formerApprovers: readonly string[];
    };
  'approval.approved': ApprovalFacts & ApprovalOutcome;
  'approval.rejected': ApprovalFacts & ApprovalOutcome;
  'approval.recalled': ApprovalFacts & {
    /** `system` for a consequence of something else. */
    readonly recalledBy: { readonly id: string };
    readonly reason: RecallReason;
    readonly recalledAt: string;
    readonly comment: string | null;
  };
  /** The recall that followed from `reason` is undone; decisions of before still count. */
  'approval.restored': ApprovalFacts & Waiting & { readonly reason: 'customer_deleted' };
  /** Somebody else is asked in the place of an approver, or nobody where the others of the step are enough. */
  'approval.reassigned': ApprovalFacts & {
    readonly step: number;
    readonly fromUserId: string;
    readonly toUserId: string | null;
    /** Whether it is this step that waits. */
    readonly waits: boolean;
    readonly cause: 'user_deleted';
  };
  'approval.reminded': ApprovalFacts & {
    readonly step: number;
    readonly waitingFor: readonly string[];
    /** Which reminder of this step, from 1. */
    readonly number: number;
    readonly nextTimerAt: string;
  };
  /** The step waited too long: this user may settle it alone from now on. */
  'approval.escalated': ApprovalFacts & {
    readonly step: number;
    readonly waitingFor: readonly string[];
    readonly escalatedTo: string;
    readonly nextTimerAt: string;
  };
  /** The customer became part of another one, which `customerId` is. */
  'approval.moved': ApprovalFacts & { readonly customerId: string; readonly previousCustomerId: string };
}

export const openStages = ['LEAD', 'QUALIFIED', 'PROPOSAL', 'NEGOTIATION'] as const;
export const dealStages = [...openStages, 'WON', 'LOST'] as const;
export type OpenStage = (typeof openStages)[number];
export type DealStage = (typeof dealStages)[number];

/** What is known of a deal. Amounts are whole yen, a probability is in percent. */
export interface DealContent {
  readonly title: string;
  readonly description: string | null;
  readonly amount: number;
  readonly probability: number;
  /** Calendar day, `2026-09-30`. */
  readonly expectedCloseDate: string;
}

interface DealFacts {
  readonly dealId: string;
  readonly customerId: string | null;
  /** User id; null when nobody looks after it. */
  readonly ownerId: string | null;
}

interface DealClosed {
  readonly amount: number;
  readonly previousStage: DealStage;
  readonly closedBy: string;
  readonly closedAt: string;
  readonly comment: string | null;
}

export interface DealEvents {
  'deal.opened': DealFacts & DealContent & { readonly stage: OpenStage; readonly openedBy: string };
  /** As it is now, and which fields are other ones than before. */
  'deal.updated': DealFacts & DealContent & { readonly changed: readonly string[]; readonly updatedBy: string };
  /** Also when a deal that was won or lost is taken up again. */
  'deal.stage_changed': DealFacts & {
    readonly stage: OpenStage;
    readonly probability: number;
    readonly previousStage: DealStage;
  };
  'deal.won': DealFacts & DealClosed;
  'deal.lost': DealFacts & DealClosed;
  'deal.deleted': DealFacts & { readonly reason: 'requested' | 'customer_deleted' };
  /** `reason` is that of the deletion that is undone. */
  'deal.restored': DealFacts & { readonly reason: 'requested' | 'customer_deleted' };
  'deal.reassigned': DealFacts & { readonly previousOwnerId: string | null; readonly cause: 'user_deleted' };
  'deal.moved': DealFacts & { readonly customerId: string; readonly previousCustomerId: string };
}

interface DelegationFacts {
  readonly delegationId: string;
  /** Whose approvals somebody else may decide. */
  readonly delegatorId: string;
  readonly delegateId: string;
}

export interface DelegationEvents {
  /** From `from` until before `until`. */
  'delegation.granted': DelegationFacts & { readonly from: string; readonly until: string };
  'delegation.revoked': DelegationFacts & { readonly reason: 'requested' | 'user_deleted' };
}

export type ApprovalEvent = EventOf<ApprovalEvents>;
export type DealEvent = EventOf<DealEvents>;
export type DelegationEvent = EventOf<DelegationEvents>;

const customer = { kind: 'customer', id: 'customerId' } as const;
/** What people write tells of the customer; where there is none, of whoever wrote it. */
const byRequester = { subject: { ...customer, otherwise: { kind: 'user', id: 'requesterId' } } } as const;
const byDecider = {
  personal: ['comment'],
  subject: { ...customer, otherwise: { kind: 'user', id: 'decidedBy' } },
} as const;
const texts = ['title', 'description'] as const;

export const approvalEvents: EventTable<ApprovalEvents> = {
  'approval.requested': {
    version: 1,
    description: 'Somebody asked for an approval.',
    personal: texts,
    ...byRequester,
  },
  'approval.updated': {
    version: 1,
    description: 'What is asked for is something else now.',
    personal: texts,
    ...byRequester,
  },
  'approval.step_decided': {
    version: 1,
    description: 'An approver, or somebody in their place, approved or rejected.',
    ...byDecider,
  },
  'approval.step_reached': { version: 1, description: 'A step is complete; the approvers of the next one are asked.' },
  'approval.approved': { version: 1, description: 'Every step approved: the request is granted.', ...byDecider },
  'approval.rejected': { version: 1, description: 'Somebody rejected: the request is refused.', ...byDecider },
  'approval.recalled': {
    version: 1,
    description: 'The request was taken back, by a person or as a consequence of something else.',
    personal: ['comment'],
    subject: { ...customer, otherwise: { kind: 'user', id: 'recalledBy.id' } },
  },
  'approval.restored': { version: 1, description: 'What led to the recall was undone: the request waits again.' },
  'approval.reassigned': { version: 1, description: 'Somebody else is asked in the place of an approver, or nobody.' },
  'approval.reminded': { version: 1, description: 'A step waits; its approvers are reminded.' },
  'approval.escalated': { version: 1, description: 'A step waited too long; somebody else may settle it.' },
  'approval.moved': { version: 1, description: 'The customer of the request became part of another one.' },
};

export const dealEvents: EventTable<DealEvents> = {
  'deal.opened': {
    version: 1,
    description: 'There is a chance to sell something.',
    personal: texts,
    subject: { ...customer, otherwise: { kind: 'user', id: 'openedBy' } },
  },
  'deal.updated': {
    version: 1,
    description: 'Something else is known of a deal.',
    personal: texts,
    subject: { ...customer, otherwise: { kind: 'user', id: 'updatedBy' } },
  },
  'deal.stage_changed': { version: 1, description: 'A deal is in another stage.' },
  'deal.won': {
    version: 1,
    description: 'A deal was made.',
    personal: ['comment'],
    subject: { ...customer, otherwise: { kind: 'user', id: 'closedBy' } },
  },
  'deal.lost': {
    version: 1,
    description: 'A deal was not made.',
    personal: ['comment'],
    subject: { ...customer, otherwise: { kind: 'user', id: 'closedBy' } },
  },
  'deal.deleted': { version: 1, description: 'A deal was put away; it can be restored.' },
  'deal.restored': { version: 1, description: 'A deleted deal is back.' },
  'deal.reassigned': { version: 1, description: 'Somebody else looks after a deal, or nobody.' },
  'deal.moved': { version: 1, description: 'The customer of a deal became part of another one.' },
};

export const delegationEvents: EventTable<DelegationEvents> = {
  'delegation.granted': { version: 1, description: 'Somebody may decide in the place of somebody else for a time.' },
  'delegation.revoked': { version: 1, description: 'A delegation ended before its time.' },
};
