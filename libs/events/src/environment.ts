import type { Company, ContractTerms } from './contract.js';

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

/** A leased try of one step. `attempt` is a UUID; only the attempt that holds the lease may report. */
export interface Attempt {
  readonly environmentId: string;
  readonly attempt: string;
}

export interface EnvironmentIdentity {
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

/** Personal values in what names the whole environment. */
export const aboutTheContact = {
  personal: ['company.name', 'company.email', 'administrator'],
  subject: { kind: 'contract', id: 'contractId' },
} as const;
