import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvents, EnvironmentStep, FailureClass } from '#libs/events/src/provisioning.js';

export type EnvironmentIdentity = EnvironmentEvents['environment.requested'];
export type CredentialName = EnvironmentEvents['environment.planned']['credential'];

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
  /** ISO instant before which the next try may not start; at once when absent. */
  readonly notBefore?: string;
  readonly lease?: Lease;
}

/** What was done by itself since the request or the last retry. */
export interface Handled {
  /** Images that did not work. */
  readonly replaced: readonly string[];
  /** How often there was room again after a shortage. */
  readonly resumes: number;
}

export const nothingHandled: Handled = { replaced: [], resumes: 0 };

export interface Known {
  readonly identity: EnvironmentIdentity;
  /** Of the newest plan. */
  readonly plan?: { readonly hash: string; readonly credential: CredentialName };
  readonly objectsApplied: number;
  /** Attempts that may have put objects into the cluster. */
  readonly appliesBegun: number;
  readonly links: ReadonlyMap<string, 'issued' | 'redeemed'>;
  /** The image that runs in place of the plan's newest, and who put it there. */
  readonly version?: { readonly image: string; readonly by: 'fallback' | 'operator' };
  readonly handled: Handled;
  /** Causes of which the customer has been told since the environment was last ready. */
  readonly noticed: ReadonlySet<FailureClass>;
}

export type WorkingStatus = 'requested' | 'planning' | 'applying' | 'waiting';

export type EnvironmentState =
  | { readonly status: 'none' }
  | (Known & { readonly status: WorkingStatus; readonly work: Work })
  | (Known & { readonly status: 'ready' })
  | (Known & {
      readonly status: 'needs_attention';
      /** The step that failed. */
      readonly step: EnvironmentStep;
      /** Number of the next look whether there is room; absent where waiting does not help. */
      readonly recheck?: number;
    });

export type EnvironmentStatus = Exclude<EnvironmentState['status'], 'none'>;
export const environmentStatuses = [
  'requested',
  'planning',
  'applying',
  'waiting',
  'ready',
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
  | 'environment_not_ready'
  | 'credential_link_unknown';

/** What an environment is doing while a step is due or in hand. */
export function statusDuring(step: EnvironmentStep): WorkingStatus {
  switch (step) {
    case 'plan':
    case 'validate':
    case 'dry-run':
      return 'planning';
    case 'apply':
      return 'applying';
    case 'wait':
    case 'smoke':
      return 'waiting';
    default:
      return unreachable(step);
  }
}

/** Events after which a step is due at once. */
export const stepDueAfter = {
  'environment.requested': 'plan',
  'environment.planned': 'validate',
  'environment.validated': 'dry-run',
  'environment.dry_run_passed': 'apply',
  'environment.applied': 'wait',
  'environment.available': 'smoke',
  'environment.version_replaced': 'plan',
  'environment.settings_corrected': 'plan',
  'environment.version_chosen': 'plan',
} as const satisfies { readonly [Type in keyof EnvironmentEvents]?: EnvironmentStep };
