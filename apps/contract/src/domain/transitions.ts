import { Refusal } from '#libs/event-sourcing/src/decider.js';
import { storageBytes } from '#libs/catalogue/src/storage.js';
import type { ContractEvent, ContractTerms, LifeCycleChange } from '#libs/events/src/contract.js';
import type { ContractRefusal, ContractStatus, ReportedStanding, StandingRefusal } from './contract.js';

/** What each change makes of a contract: its next status, or why not. */
const transitions: Readonly<
  Record<ContractStatus, Readonly<Record<LifeCycleChange, ContractStatus | StandingRefusal>>>
> = {
  draft: {
    suspended: 'contract_not_signed',
    resumed: 'contract_not_signed',
    terminated: 'contract_not_signed',
    cancelled: 'cancelled',
  },
  signed: {
    suspended: 'suspended',
    resumed: 'contract_not_suspended',
    terminated: 'terminated',
    cancelled: 'cancelled',
  },
  suspended: {
    suspended: 'contract_already_suspended',
    resumed: 'signed',
    terminated: 'terminated',
    cancelled: 'cancelled',
  },
  terminated: {
    suspended: 'contract_ended',
    resumed: 'contract_ended',
    terminated: 'contract_ended',
    cancelled: 'contract_ended',
  },
  cancelled: {
    suspended: 'contract_ended',
    resumed: 'contract_ended',
    terminated: 'contract_ended',
    cancelled: 'contract_ended',
  },
};

const waysOut: Readonly<Record<StandingRefusal, string>> = {
  contract_not_signed: 'This contract is a draft. Sign it first, or cancel it.',
  contract_not_suspended: 'This contract is not suspended. There is nothing to resume.',
  contract_already_suspended: 'This contract is suspended. Resume it, or terminate it.',
  contract_ended: 'This contract has ended, and that is final. Sign a new one under a new number.',
};

/** The contract as it has ended, for whoever wants to change it. */
export function ended(): Refusal<ContractRefusal> {
  return new Refusal('contract_ended', waysOut.contract_ended);
}

/** Why a change is not possible in this status; undefined where it is. */
export function hindrance(status: ContractStatus, change: LifeCycleChange): Refusal<ContractRefusal> | undefined {
  const next = transitions[status][change];
  return next in waysOut ? new Refusal(next as StandingRefusal, waysOut[next as StandingRefusal]) : undefined;
}

/** Whether a contract stands as the change would make it stand. */
export function standsSo(status: ContractStatus, change: LifeCycleChange): boolean {
  return status === (change === 'resumed' ? 'signed' : change);
}

/** The event by which a change is carried out. */
export function standingEvent(
  contractId: string,
  { change, reason, origin, changedAt }: Omit<ReportedStanding, 'externalId'>,
): ContractEvent {
  return {
    type: `contract.${change}`,
    data: { contractId, ...(reason !== undefined && { reason }), origin, changedAt },
  };
}

/** What can't be done to an environment that stands, with the way out; undefined where it can. */
export function impossibleInPlace(from: ContractTerms, to: ContractTerms): Refusal<ContractRefusal> | undefined {
  if (from.region !== to.region) {
    return new Refusal(
      'region_cannot_move',
      `An environment can't move from ${from.region} to ${to.region}. Sign a new contract in ${to.region}, ` +
        'let the customer bring their files over, then terminate this one.',
    );
  }
  if ((storageBytes(to.storageQuota) ?? 0) < (storageBytes(from.storageQuota) ?? 0)) {
    return new Refusal(
      'storage_cannot_shrink',
      `Storage can't shrink in place from ${from.storageQuota} to ${to.storageQuota}. Keep ${from.storageQuota} or ` +
        'more; or sign a new contract with less, let the customer bring their files over, then terminate this one.',
    );
  }
  return undefined;
}
