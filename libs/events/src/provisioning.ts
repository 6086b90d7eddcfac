import type { Company, ContractTerms } from './contract.js';
import type { EventOf, EventTable } from './event-table.js';
import { type InfrastructureEvents, infrastructureEvents } from './infrastructure.js';

export type { ClusterConnection, ClusterEvent, ClusterEvents } from './cluster.js';

/**
 * The steps to what an environment is to be, in order. Every change goes from `plan` to `wait`, and to `smoke` where
 * something runs then; `export` stands before that when a contract ends, and `delete` after it. A `plan` that finds the
 * customer's own cluster missing or outdated has `infrastructure` build it, and begins anew.
 */
export const environmentSteps = [
  'export',
  'plan',
  'infrastructure',
  'validate',
  'dry-run',
  'apply',
  'wait',
  'smoke',
  'delete',
] as const;
export type EnvironmentStep = (typeof environmentSteps)[number];

/**
 * Why an environment does not come up. `transient` passes by itself; `configuration` needs a correction;
 * `resource_shortage` needs room; `application` needs another version of what runs.
 */
export const failureClasses = ['transient', 'configuration', 'resource_shortage', 'application'] as const;
export type FailureClass = (typeof failureClasses)[number];

/** What is wrong, for people. */
export interface Failure {
  readonly class: FailureClass;
  /** The object that failed, for example `Deployment web in env-cust-2025-001-1f2e3d4c`; absent when none did. */
  readonly object?: string;
  readonly reason: string;
  readonly whatToDo: string;
}

/** A Kubernetes object by name; `namespace` is absent for cluster-scoped kinds. */
export interface ObjectName {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** What a change does to the objects of an environment. */
export interface ObjectChanges {
  readonly create: readonly ObjectName[];
  readonly change: readonly ObjectName[];
  readonly delete: readonly ObjectName[];
}

/** An object of an environment that somebody changed or deleted by hand. */
export interface DriftedObject extends ObjectName {
  readonly what: 'changed' | 'missing';
  /** None when it is missing. Values are JSON, cut to 200 characters; those of secrets are "(hidden)". */
  readonly fields: readonly { readonly field: string; readonly found?: string; readonly planned?: string }[];
}

/** What the contract promises for its end: an export of the data, and for how many days it is kept after that. */
export interface EndPromise {
  readonly export: boolean;
  readonly retentionDays: number;
}

/** Something else is desired from now on. Work on what was desired before is overtaken. */
interface Wish {
  readonly environmentId: string;
  readonly reason?: string;
}

/** A leased try of one step. `attempt` is a UUID; only the attempt that holds the lease may report. */
interface Attempt {
  readonly environmentId: string;
  readonly attempt: string;
}

interface EnvironmentIdentity {
  readonly environmentId: string;
  readonly contractId: string;
  readonly externalId: string;
  readonly company: Company;
  readonly terms: ContractTerms;
  /** Host part of the URL, unique over all environments. */
  readonly slug: string;
  readonly url: string;
  readonly namespace: string;
  /** Sign-in name of the initial administrator, like `admin@abc-corporation.com`. */
  readonly administrator: string;
}

export interface EnvironmentEvents extends InfrastructureEvents {
  'environment.requested': EnvironmentIdentity;
  'environment.step_started': Attempt & {
    readonly step: EnvironmentStep;
    /** 1 for the first try of this step since the request or the last retry. */
    readonly number: number;
    /** ISO instant after which another attempt may take over. */
    readonly leaseUntil: string;
  };
  /** It stands on this cluster for life. What was planned without it stands on `default`. */
  'environment.placed': { readonly environmentId: string; readonly clusterId: string };
  'environment.planned': Attempt & {
    readonly objects: readonly ObjectName[];
    /** SHA-256 of the manifests, secrets' values left out. */
    readonly planHash: string;
    /** Names the credential row; the password stands nowhere else. */
    readonly credential: { readonly id: string; readonly version: number };
  };
  'environment.validated': Attempt & { readonly objects: number };
  'environment.dry_run_passed': Attempt & { readonly objects: number; readonly warnings: readonly string[] };
  'environment.applied': Attempt & {
    readonly objects: readonly (ObjectName & {
      readonly uid: string;
      readonly outcome: 'created' | 'configured' | 'unchanged';
    })[];
    /** What was not wanted any more and is deleted. */
    readonly pruned?: readonly ObjectName[];
  };
  /** Progress while workloads come up; renews the lease of the waiting attempt. */
  'environment.progressed': Attempt & {
    readonly ready: number;
    readonly total: number;
    /** Objects that are not ready yet, in words. */
    readonly pending: readonly string[];
    readonly leaseUntil: string;
  };
  'environment.available': Attempt & { readonly ready: number };
  'environment.smoke_passed': Attempt & { readonly checked: string; readonly status: number };
  'environment.ready': EnvironmentIdentity & { readonly objectsApplied: number };
  /** A step failed in a way that should pass by itself: it is tried again at `retryAt` (ISO instant). */
  'environment.step_failed': Attempt &
    Failure & {
      readonly step: EnvironmentStep;
      /** Of the try that failed, as in `environment.step_started`. */
      readonly number: number;
      /** How often the step has failed like this since it was due. */
      readonly failures: number;
      readonly retryAt: string;
    };
  /** The cluster of the environment does not answer: the step is due again when it does, and the try does not count. */
  'environment.postponed': Attempt & {
    readonly step: EnvironmentStep;
    /** Of the try that did not get through, as in `environment.step_started`. */
    readonly number: number;
    readonly clusterId: string;
    readonly reason: string;
  };
  /** A step goes on, but something that should pass by itself holds it up. */
  'environment.hindered': Attempt & Failure & { readonly step: EnvironmentStep };
  /** What runs does not work: the whole work begins anew with another version. Both are image references. */
  'environment.version_replaced': Attempt &
    Failure & { readonly step: EnvironmentStep; readonly from: string; readonly to: string };
  'environment.needs_attention': Attempt &
    Failure & {
      readonly step: EnvironmentStep;
      /** What was done by itself before, a sentence each. */
      readonly tried?: readonly string[];
      /** ISO instant at which it is looked whether there is room now; absent where waiting does not help. */
      readonly recheckAt?: string;
    };
  /** There is still no room; it is looked again at `recheckAt`. */
  'environment.rechecked': {
    readonly environmentId: string;
    /** 1 for the first look since the environment needs attention. */
    readonly number: number;
    readonly reason: string;
    readonly recheckAt: string;
  };
  /** There is room again; the step that failed for want of it is due. */
  'environment.resumed': { readonly environmentId: string; readonly step: EnvironmentStep };
  /** The customer has to wait longer. Told once for each class of cause until the environment is ready. */
  'environment.delayed': EnvironmentIdentity & { readonly cause: FailureClass };
  /** The environment does not come up without somebody's work. Told like a delay. */
  'environment.failed': EnvironmentIdentity & { readonly cause: FailureClass };
  'environment.retry_requested': {
    readonly environmentId: string;
    /** The plan when absent. */
    readonly from?: EnvironmentStep;
    readonly note?: string;
  };
  /** An operator brought the environment up by hand, past the step that had failed. */
  'environment.resolved': { readonly environmentId: string; readonly step: EnvironmentStep; readonly note: string };
  /** The work begins anew with these terms, all of them. */
  'environment.settings_corrected': {
    readonly environmentId: string;
    readonly terms: ContractTerms;
    readonly note?: string;
  };
  /** The work begins anew with this version, an image reference; it stays until another one is chosen. */
  'environment.version_chosen': { readonly environmentId: string; readonly image: string; readonly note?: string };
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
  'environment.credential_link_issued': {
    readonly environmentId: string;
    readonly linkId: string;
    readonly expiresAt: string;
  };
  'environment.credential_redeemed': { readonly environmentId: string; readonly linkId: string };
}

export type EnvironmentEvent = EventOf<EnvironmentEvents>;

const aboutTheContact = {
  personal: ['company.name', 'company.email', 'administrator'],
  subject: { kind: 'contract', id: 'contractId' },
} as const;

export const environmentEvents: EventTable<EnvironmentEvents> = {
  'environment.requested': {
    version: 1,
    description: 'An environment is owed to a customer and has its name, URL and namespace.',
    ...aboutTheContact,
  },
  'environment.step_started': { version: 1, description: 'A worker leased one step of the work.' },
  'environment.planned': { version: 1, description: 'The objects of the environment were worked out.' },
  'environment.placed': { version: 1, description: 'The cluster on which the environment stands was chosen.' },
  ...infrastructureEvents,
  'environment.validated': { version: 1, description: 'The planned objects passed the offline checks.' },
  'environment.dry_run_passed': { version: 1, description: 'The cluster would accept every planned object.' },
  'environment.applied': { version: 2, description: 'Every planned object stands in the cluster.' },
  'environment.progressed': { version: 1, description: 'Some of the environment is up; the rest is awaited.' },
  'environment.available': { version: 1, description: 'Every workload of the environment is up.' },
  'environment.smoke_passed': { version: 1, description: 'The environment answered a request.' },
  'environment.ready': {
    version: 1,
    description: 'The environment is ready for its customer.',
    ...aboutTheContact,
  },
  'environment.needs_attention': { version: 2, description: 'The work stopped; an operator has to look.' },
  'environment.step_failed': { version: 1, description: 'A step failed; it is tried again by itself.' },
  'environment.postponed': { version: 1, description: 'A step waits until its cluster answers again.' },
  'environment.hindered': { version: 1, description: 'A step is held up by something that should pass by itself.' },
  'environment.version_replaced': {
    version: 1,
    description: 'A version of the application did not work; the one before it is tried.',
  },
  'environment.rechecked': { version: 1, description: 'There is still no room for the environment.' },
  'environment.resumed': { version: 1, description: 'There is room for the environment again; the work goes on.' },
  'environment.delayed': {
    version: 1,
    description: 'The customer has to wait longer for the environment.',
    ...aboutTheContact,
  },
  'environment.failed': {
    version: 1,
    description: 'The environment does not come up without the work of an operator.',
    ...aboutTheContact,
  },
  'environment.retry_requested': { version: 2, description: 'An operator asked for the work to go on.' },
  'environment.resolved': { version: 1, description: 'An operator brought the environment up by hand.' },
  'environment.settings_corrected': { version: 1, description: 'An operator corrected the terms of the environment.' },
  'environment.version_chosen': { version: 1, description: 'An operator chose the version that runs.' },
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
  'environment.credential_link_issued': {
    version: 1,
    description: 'A one-time link to the initial credential was made; only its hash is kept.',
  },
  'environment.credential_redeemed': { version: 1, description: 'The initial credential was seen through its link.' },
};

/** How many environments of those whose work ended in the newest `windowMinutes` came to need attention. */
export interface MeasuredFailureRate {
  readonly ended: number;
  readonly failed: number;
  readonly percent: number;
  readonly thresholdPercent: number;
  readonly windowMinutes: number;
}

export interface FailureRateEvents {
  'failure_rate.exceeded': MeasuredFailureRate;
  'failure_rate.recovered': MeasuredFailureRate;
}

export type FailureRateEvent = EventOf<FailureRateEvents>;

export const failureRateEvents: EventTable<FailureRateEvents> = {
  'failure_rate.exceeded': { version: 1, description: 'So many environments fail that the threshold is reached.' },
  'failure_rate.recovered': { version: 1, description: 'Fewer environments fail than the threshold says.' },
};
