import { type LifeCycleChange, lifeCycleChanges } from '#libs/events/src/contract.js';

/** Types of reports that carry a whole customer. */
export const contentReports = ['customer.registered', 'customer.changed'] as const;
export type ContentReport = (typeof contentReports)[number];

/** Types of reports that say what became of a customer. */
export type StandingReport = `customer.${LifeCycleChange}`;
export const standingReports: readonly StandingReport[] = lifeCycleChanges.map(
  (change) => `customer.${change}` as const,
);

export function standingChange(type: StandingReport): LifeCycleChange {
  return type.slice('customer.'.length) as LifeCycleChange;
}
