import { type LifeCycleChange, lifeCycleChanges, type RegisteredCustomer } from '#libs/events/src/contract.js';

/** Types of reports that carry a whole customer. */
export const contentReports = ['customer.registered', 'customer.changed'] as const;
export type ContentReportType = (typeof contentReports)[number];

/** Types of reports that say what became of a customer. */
export type StandingReportType = `customer.${LifeCycleChange}`;
export const standingReports: readonly StandingReportType[] = lifeCycleChanges.map(
  (change) => `customer.${change}` as const,
);

export const reportTypes: readonly string[] = [...contentReports, ...standingReports];

interface ContentReport {
  readonly type: ContentReportType;
  readonly changedAt: string;
  readonly customer: RegisteredCustomer;
}

interface StandingReport {
  readonly type: StandingReportType;
  readonly changedAt: string;
  /** The customer's number in the system that reports. */
  readonly externalId: string;
  readonly reason?: string;
}

/** What another system tells of a customer, in our words; `changedAt` is the ISO instant of the change there. */
export type Report = ContentReport | StandingReport;

export function externalIdOf(report: Report): string {
  return 'customer' in report ? report.customer.externalId : report.externalId;
}
