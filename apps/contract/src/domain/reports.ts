/** What follows from the report of another system. Reports come late, twice and out of order. */
import type { Refusal } from '#libs/event-sourcing/src/decider.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ContractEvent, LifeCycleChange } from '#libs/events/src/contract.js';
import type { RegisterContract, ReportContent, ReportStanding } from './contract-commands.js';
import { type ContractState, isBefore, type Reported, sameContent, type WrittenContract } from './contract.js';
import { ended, hindrance, impossibleInPlace, standingEvent, standsSo } from './transitions.js';

export function reportContent(
  { type, target, data }: RegisterContract | ReportContent,
  contract: ContractState,
): readonly ContractEvent[] {
  const { origin, changedAt, ...content } = data;
  const facts = { contractId: target, ...content };
  switch (contract.status) {
    case 'none': {
      // Whoever is registered anew is not what was said of them before, and who had ended before is told of anew.
      const anew = type === 'register_contract' || (contract.held && isEnd(contract.held.change));
      const stale = anew && isBefore(contract.held?.changedAt ?? changedAt, changedAt);
      const held = stale ? undefined : contract.held;
      return [
        { type: 'contract.drafted', data: { ...facts, origin, changedAt } },
        { type: 'contract.signed', data: facts },
        ...(held && held.change !== 'resumed' ? [standingEvent(target, held)] : []),
      ];
    }
    case 'draft':
    case 'signed':
    case 'suspended': {
      const { applied } = contract;
      if (sameContent(content, applied.content)) {
        // A repeated registration changes nothing; that a change was reported is worth remembering.
        if (type === 'register_contract' || changedAt <= applied.changedAt) return [];
        return [
          { type: 'contract.report_confirmed', data: { contractId: target, confirms: 'content', origin, changedAt } },
        ];
      }
      if (isBefore(changedAt, applied.changedAt)) return superseded(target, data, applied.changedAt);
      const { terms: previous } = applied.content;
      const impossible = impossibleInPlace(previous, content.terms);
      if (impossible) return refused(data, contract, impossible);
      return [{ type: 'contract.amended', data: { ...facts, origin, changedAt, previous } }];
    }
    case 'terminated':
    case 'cancelled': {
      const { applied, standingSince = applied.changedAt } = contract;
      const same = sameContent(content, applied.content);
      if (changedAt <= standingSince) return same ? [] : superseded(target, data, standingSince);
      return same && type === 'report_content' ? [] : refused(data, contract, ended());
    }
    default:
      return unreachable(contract);
  }
}

export function reportStanding({ target, data }: ReportStanding, contract: ContractState): readonly ContractEvent[] {
  const { externalId, change, reason, origin, changedAt } = data;
  if (contract.status === 'none') {
    const { held } = contract;
    if (held?.change === change && held.changedAt === changedAt) return [];
    if (isBefore(changedAt, held?.changedAt)) return superseded(target, data, held!.changedAt);
    const facts = {
      contractId: target,
      externalId,
      change,
      ...(reason !== undefined && { reason }),
      origin,
      changedAt,
    };
    return [{ type: 'contract.change_held', data: facts }];
  }
  const { status, standingSince, draftedAs } = contract;
  if (standingSince !== undefined && isBefore(changedAt, standingSince)) return superseded(target, data, standingSince);
  // The retry of an end from before must not end who is a customer again. That a suspension is older says nothing:
  // the contract may have been drafted by a later change, which overtook its registration and the suspension.
  if (isEnd(change) && isBefore(changedAt, draftedAs)) return superseded(target, data, draftedAs);
  if (standsSo(status, change)) {
    const known = status === 'terminated' || status === 'cancelled' || changedAt === standingSince;
    // A row says how the contract stands each time that it is read, and always the newest.
    if (known || origin.channel === 'polling') return [];
    return [
      { type: 'contract.report_confirmed', data: { contractId: target, confirms: 'standing', origin, changedAt } },
    ];
  }
  const hindered = hindrance(status, change);
  return hindered ? refused(data, contract, hindered) : [standingEvent(target, data)];
}

function isEnd(change: LifeCycleChange): boolean {
  return change === 'terminated' || change === 'cancelled';
}

function superseded(
  contractId: string,
  { origin, changedAt }: Reported,
  appliedChangedAt: string,
): readonly ContractEvent[] {
  return [{ type: 'contract.change_superseded', data: { contractId, origin, changedAt, appliedChangedAt } }];
}

/** On record once, however often the same is asked for. */
function refused(
  { origin, changedAt }: Reported,
  { contractId, refused: before }: WrittenContract,
  { detail: reason }: Refusal,
): readonly ContractEvent[] {
  if (reason === before) return [];
  return [{ type: 'contract.amendment_refused', data: { contractId, reason, origin, changedAt } }];
}
