import type { ContractTerms } from './contract.js';
import {
  aboutTheContact,
  type Attempt,
  type EnvironmentIdentity,
  type EnvironmentStep,
  type Failure,
  type FailureClass,
  type ObjectName,
} from './environment.js';
import type { EventOf, EventTable } from './event-table.js';
import { type InfrastructureEvents, infrastructureEvents } from './infrastructure.js';
import { type LifeCycleEvents, lifeCycleEvents } from './life-cycle.js';

// A domain imports one file of its context here; the other files are parts of this one.
export type { ClusterConnection, ClusterEvent, ClusterEvents } from './cluster.js';
export {
  type DriftedObject,
  type EndPromise,
  environmentSteps,
  type EnvironmentStep,
  type Failure,
  failureClasses,
  type FailureClass,
  type ObjectChanges,
  type ObjectName,
} from './environment.js';
export type { FailureRateEvent, FailureRateEvents, MeasuredFailureRate } from './failure-rate.js';

export interface EnvironmentEvents extends InfrastructureEvents, LifeCycleEvents {
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
  'environment.credential_link_issued': {
    readonly environmentId: string;
    readonly linkId: string;
    readonly expiresAt: string;
  };
  'environment.credential_redeemed': { readonly environmentId: string; readonly linkId: string };
}

export type EnvironmentEvent = EventOf<EnvironmentEvents>;

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
  ...lifeCycleEvents,
  'environment.credential_link_issued': {
    version: 1,
    description: 'A one-time link to the initial credential was made; only its hash is kept.',
  },
  'environment.credential_redeemed': { version: 1, description: 'The initial credential was seen through its link.' },
};
