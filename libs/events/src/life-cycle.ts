import type { ContractTerms } from './contract.js';
import {
  aboutTheContact,
  type Attempt,
  type DriftedObject,
  type EndPromise,
  type EnvironmentIdentity,
  type EnvironmentStep,
  type ObjectChanges,
  type ObjectName,
} from './environment.js';
import type { EventTable } from './event-table.js';

/** Something else is desired from now on. Work on what was desired before is overtaken. */
interface Wish {
  readonly environmentId: string;
  readonly reason?: string;
}

/** What becomes of an environment after its request: changes, stops, its end, and drift. */
export interface LifeCycleEvents {
  /** Other terms or another contact, all as they are to be now. */
  'environment.amendment_requested': Pick<EnvironmentIdentity, 'environmentId' | 'contractId' | 'company' | 'terms'>;
  'environment.suspension_requested': Wish;
  'environment.resumption_requested': Wish;
  'environment.termination_requested': Wish & {
    readonly promised: EndPromise;
    /** The step with which the end begins: the export, the plan without it, or the deletion where nothing stands. */
    readonly from: EnvironmentStep;
  };
  /** Of an environment that was never ready: whatever stands of it is deleted at once. */
  'environment.cancellation_requested': Wish;
  /** An attempt that was overtaken has let go; the new work may begin with the step that is `due`. */
  'environment.attempt_stopped': Attempt & { readonly due: EnvironmentStep };
  /** A change waits for somebody's approval before it is applied. */
  'environment.approval_requested': Attempt & {
    readonly changes: ObjectChanges;
    /** By how much a month gets dearer; less than 0 when it gets cheaper. Absent where no price is known. */
    readonly costChange?: { readonly currency: string; readonly amount: number };
    /** Why somebody is asked, a sentence each. */
    readonly why: readonly string[];
  };
  'environment.change_approved': { readonly environmentId: string; readonly note?: string };
  /** The environment stays as it is, under these terms. */
  'environment.change_rejected': {
    readonly environmentId: string;
    readonly note: string;
    readonly terms: ContractTerms;
    readonly mode: 'running' | 'suspended';
  };
  'environment.amended': EnvironmentIdentity & {
    readonly objectsApplied: number;
    readonly previous: ContractTerms;
    /** `suspended` when it was amended while it was, and stays so. */
    readonly mode: 'running' | 'suspended';
  };
  'environment.suspended': EnvironmentIdentity & { readonly objectsApplied: number };
  'environment.restored': EnvironmentIdentity & { readonly objectsApplied: number };
  'environment.exported': Attempt & {
    /** Where the export is fetched. */
    readonly location: string;
    readonly bytes?: number;
  };
  /** Nothing runs any more; the data is kept until `deleteAt` (ISO instant). */
  'environment.retained': EnvironmentIdentity & { readonly deleteAt: string };
  /** The certificate: nothing of the environment stands any more. */
  'environment.deleted': EnvironmentIdentity & {
    readonly attempt: string;
    readonly why: 'terminated' | 'cancelled';
    readonly reason?: string;
    /** What was deleted; with the namespace went everything in it. Empty when nothing stood any more. */
    readonly objects: readonly (ObjectName & { readonly uid: string })[];
    readonly exportedTo?: string;
    /** Until when the data was kept; absent where nothing had to be. */
    readonly retainedUntil?: string;
  };
  /** The cluster has something else than what was applied. Told once for each state that is found. */
  'environment.drift_found': {
    readonly environmentId: string;
    /** SHA-256 of what was found. */
    readonly fingerprint: string;
    readonly objects: readonly DriftedObject[];
    /** True when the plan is applied again because of it. */
    readonly correct: boolean;
  };
  /** What was found is no more: we have applied the plan again, or somebody has undone it. */
  'environment.drift_corrected': {
    readonly environmentId: string;
    readonly fingerprint: string;
    readonly by: 'us' | 'somebody';
  };
}

export const lifeCycleEvents: EventTable<LifeCycleEvents> = {
  'environment.amendment_requested': {
    version: 1,
    description: 'The contract was amended; the environment is to follow.',
    personal: ['company.name', 'company.email'],
    subject: { kind: 'contract', id: 'contractId' },
  },
  'environment.suspension_requested': { version: 1, description: 'The environment is to stop and keep its data.' },
  'environment.resumption_requested': { version: 1, description: 'A suspended environment is to run again.' },
  'environment.termination_requested': { version: 1, description: 'The contract ended; the environment is to go.' },
  'environment.cancellation_requested': {
    version: 1,
    description: 'The environment is not wanted any more, before it was ever ready.',
  },
  'environment.attempt_stopped': {
    version: 1,
    description: 'An attempt whose work is not wanted any more has let go.',
  },
  'environment.approval_requested': { version: 1, description: 'A change waits for the approval of an operator.' },
  'environment.change_approved': { version: 1, description: 'An operator approved a change; it is applied.' },
  'environment.change_rejected': { version: 1, description: 'An operator rejected a change; nothing changes.' },
  'environment.amended': {
    version: 1,
    description: 'The environment runs under its new terms.',
    ...aboutTheContact,
  },
  'environment.suspended': {
    version: 1,
    description: 'The environment has stopped; its data is kept.',
    ...aboutTheContact,
  },
  'environment.restored': {
    version: 1,
    description: 'The environment is back after a suspension.',
    ...aboutTheContact,
  },
  'environment.exported': { version: 1, description: 'The data of a terminated environment was exported.' },
  'environment.retained': {
    version: 1,
    description: 'Nothing of a terminated environment runs; its data is kept for the promised time.',
    ...aboutTheContact,
  },
  'environment.deleted': {
    version: 1,
    description: 'Nothing of the environment stands any more; this is the certificate.',
    ...aboutTheContact,
  },
  'environment.drift_found': { version: 1, description: 'Somebody changed the environment by hand in the cluster.' },
  'environment.drift_corrected': { version: 1, description: 'What was changed by hand is as planned again.' },
};
