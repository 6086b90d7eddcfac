import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type {
  EndPromise,
  EnvironmentEvents,
  EnvironmentStep,
  FailureClass,
  ObjectName,
} from '#libs/events/src/provisioning.js';

export type EnvironmentIdentity = EnvironmentEvents['environment.requested'];
export type CredentialName = EnvironmentEvents['environment.planned']['credential'];

/**
 * What an environment is to be: `suspended` keeps everything but its pods and shows a page instead; `retired` keeps
 * what its customer owns until it is deleted, and nothing that runs or is reached.
 */
export const environmentModes = ['running', 'suspended', 'retired'] as const;
export type EnvironmentMode = (typeof environmentModes)[number];

/** The try that works on a step; nobody else may until `until` (ISO instant) has passed. */
export interface Lease {
  readonly attempt: string;
  readonly until: string;
}

/** The step that is due, how often it was tried since the request or the last retry, and who works on it. */
export interface Work {
  readonly step: EnvironmentStep;
  readonly tries: number;
  /** How many of the tries failed by something that should pass. */
  readonly failures: number;
  /** How many of the tries did not get through to the cluster. */
  readonly postponed?: number;
  /** ISO instant before which the next try may not start; at once when absent. */
  readonly notBefore?: string;
  readonly lease?: Lease;
  /** Of an attempt that was overtaken and may still be at work. Nobody begins before it has let go, or is over. */
  readonly revoked?: Lease;
}

/** What was done by itself since the request or the last retry. */
export interface Handled {
  /** Images that did not work. */
  readonly replaced: readonly string[];
  /** How often there was room again after a shortage. */
  readonly resumes: number;
}

export const nothingHandled: Handled = { replaced: [], resumes: 0 };

/** What an environment was when it last came to rest. */
export interface Settled {
  readonly mode: 'running' | 'suspended';
  readonly terms: EnvironmentIdentity['terms'];
  /** As `Known.appliesBegun` then: a greater one now means that parts of a later change may stand. */
  readonly appliesBegun: number;
  /** As in `Known` then: what a change that was rejected leads back to. */
  readonly plan?: Known['plan'];
  readonly inventory: readonly KnownObject[];
  readonly version?: Known['version'];
}

/** The end of an environment; there is no way back from it. */
export interface Ending {
  readonly why: 'terminated' | 'cancelled';
  readonly reason?: string;
  readonly promised: EndPromise;
  readonly exportedTo?: string;
  readonly retainedUntil?: string;
}

/** An object that may stand in the cluster; `uid` where the cluster told it. */
export type KnownObject = ObjectName & { readonly uid?: string };

/** What two names of the same object have in common. */
export function keyOf({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace ?? ''} ${name}`;
}

/** Something that was found in the cluster in place of what was applied. */
export interface Drift {
  readonly fingerprint: string;
  /** True while the plan is applied again because of it. */
  readonly correcting: boolean;
}

export interface Known {
  /** With the contact and the terms that the environment is to have. */
  readonly identity: EnvironmentIdentity;
  readonly mode: EnvironmentMode;
  readonly settled?: Settled;
  /** True from the first time on that it was ready for its customer. */
  readonly everReady: boolean;
  readonly ending?: Ending;
  /** Of the newest plan. */
  readonly plan?: { readonly hash: string; readonly credential: CredentialName };
  /** The cluster that was chosen for it, for life; what was planned before there were several has none. */
  readonly clusterId?: string;
  /** Of an environment on a cluster of its own: hashes of the module that was asked for, and of the one that stands. */
  readonly infrastructure?: { readonly wanted: string; readonly built?: string };
  /** Hash of the plan that an operator approved, until the environment comes to rest. */
  readonly approved?: string;
  /** Everything that may stand: what was applied last, and what was planned since. */
  readonly inventory: readonly KnownObject[];
  readonly objectsApplied: number;
  /** Attempts that may have put objects into the cluster. */
  readonly appliesBegun: number;
  readonly drift?: Drift;
  readonly links: ReadonlyMap<string, 'issued' | 'redeemed'>;
  /** The image that runs in place of the plan's newest, and who put it there. */
  readonly version?: { readonly image: string; readonly by: 'fallback' | 'operator' };
  readonly handled: Handled;
  /** Causes of which the customer has been told since the environment was last ready. */
  readonly noticed: ReadonlySet<FailureClass>;
}

export type WorkingStatus = 'requested' | 'planning' | 'applying' | 'waiting' | 'terminating' | 'retained' | 'deleting';

export type EnvironmentState =
  | { readonly status: 'none' }
  | (Known & { readonly status: WorkingStatus; readonly work: Work })
  | (Known & { readonly status: 'awaiting_approval' | 'ready' | 'suspended' | 'deleted' | 'cancelled' })
  | (Known & {
      readonly status: 'needs_attention';
      /** The step that failed. */
      readonly step: EnvironmentStep;
      /** Number of the next look whether there is room; absent where waiting does not help. */
      readonly recheck?: number;
    });

export type KnownState = Exclude<EnvironmentState, { readonly status: 'none' }>;
export type WorkingState = Extract<KnownState, { readonly work: object }>;

export type EnvironmentStatus = KnownState['status'];
export const environmentStatuses = [
  'requested',
  'planning',
  'awaiting_approval',
  'applying',
  'waiting',
  'ready',
  'suspended',
  'terminating',
  'retained',
  'deleting',
  'deleted',
  'cancelled',
  'needs_attention',
] as const satisfies readonly EnvironmentStatus[];

export type EnvironmentRefusal =
  | 'environment_not_found'
  | 'step_not_due'
  | 'attempt_running'
  | 'attempt_superseded'
  | 'retry_not_possible'
  | 'resolve_not_possible'
  | 'correction_not_possible'
  | 'approval_not_possible'
  | 'cancel_not_possible'
  | 'environment_not_ready'
  | 'credential_link_unknown';

export function sameTerms(one: EnvironmentIdentity['terms'], other: EnvironmentIdentity['terms']): boolean {
  return (
    one.plan === other.plan &&
    one.region === other.region &&
    one.storageQuota === other.storageQuota &&
    one.userLimit === other.userLimit
  );
}

/** What an environment is doing while a step is due or in hand. */
export function statusDuring(step: EnvironmentStep, mode: EnvironmentMode): WorkingStatus {
  if (step === 'delete') return 'deleting';
  if (mode === 'retired') return 'terminating';
  switch (step) {
    case 'plan':
    case 'infrastructure':
    case 'validate':
    case 'dry-run':
      return 'planning';
    case 'apply':
      return 'applying';
    case 'wait':
    case 'smoke':
      return 'waiting';
    case 'export':
      return 'terminating';
    default:
      return unreachable(step);
  }
}

/** The step with which the work on what is desired begins. */
export function firstStep({ ending, appliesBegun }: Pick<Known, 'ending' | 'appliesBegun'>): EnvironmentStep {
  if (!ending) return 'plan';
  if (ending.why === 'cancelled' || ending.retainedUntil !== undefined || appliesBegun === 0) return 'delete';
  return ending.promised.export && ending.exportedTo === undefined ? 'export' : 'plan';
}

/** Events after which a step is due at once. */
export const stepDueAfter = {
  'environment.requested': 'plan',
  'environment.infrastructure_requested': 'infrastructure',
  'environment.infrastructure_ready': 'plan',
  'environment.planned': 'validate',
  'environment.validated': 'dry-run',
  'environment.dry_run_passed': 'apply',
  'environment.applied': 'wait',
  'environment.available': 'smoke',
  'environment.version_replaced': 'plan',
  'environment.settings_corrected': 'plan',
  'environment.version_chosen': 'plan',
  'environment.amendment_requested': 'plan',
  'environment.suspension_requested': 'plan',
  'environment.resumption_requested': 'plan',
  'environment.change_approved': 'apply',
  'environment.exported': 'plan',
  'environment.cancellation_requested': 'delete',
} as const satisfies { readonly [Type in keyof EnvironmentEvents]?: EnvironmentStep };
