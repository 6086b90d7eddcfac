import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import type { ContractOrigin, LifeCycleChange } from '#libs/events/src/contract.js';
import { type ContractCommand, RegisterContract, ReportContent, ReportStanding } from '../domain/contract-commands.js';
import type { Report } from './report.js';

/** The command that a report is to the contract of its customer, whichever way it came. */
export function reportCommand(
  contractId: string,
  report: Report,
  origin: ContractOrigin,
  context: CommandContext,
): ContractCommand {
  const { changedAt } = report;
  if ('customer' in report) {
    const Reported = report.type === 'customer.registered' ? RegisterContract : ReportContent;
    return new Reported(contractId, { ...report.customer, origin, changedAt }, context);
  }
  const { type, externalId, reason } = report;
  const change = type.slice('customer.'.length) as LifeCycleChange;
  const data = { externalId, change, ...(reason !== undefined && { reason }), origin, changedAt };
  return new ReportStanding(contractId, data, context);
}
