import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ContractEvent } from '#libs/events/src/contract.js';
import type {
  AmendContract,
  ChangeStanding,
  ContractCommand,
  DraftContract,
  SignContract,
} from './contract-commands.js';
import {
  changedContent,
  type ContractRefusal,
  type ContractState,
  isBefore,
  sameContent,
  sameTerms,
} from './contract.js';
import { reportContent, reportStanding } from './reports.js';
import { ended, hindrance, impossibleInPlace, standingEvent } from './transitions.js';

type Decision = readonly ContractEvent[] | Refusal<ContractRefusal>;

export const contractDecider: Decider<ContractState, ContractCommand, ContractEvent, ContractRefusal> = {
  category: 'contract',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: ContractCommand, contract: ContractState): Decision {
  switch (command.type) {
    case 'draft_contract':
      return draft(command, contract);
    case 'sign_contract':
      return sign(command, contract);
    case 'amend_contract':
      return amend(command, contract);
    case 'change_standing':
      return changeStanding(command, contract);
    case 'register_contract':
    case 'report_content':
      return reportContent(command, contract);
    case 'report_standing':
      return reportStanding(command, contract);
    default:
      return unreachable(command);
  }
}

function draft({ target, data, context }: DraftContract, contract: ContractState): Decision {
  if (contract.status !== 'none') {
    return new Refusal('contract_exists', 'A contract with this id exists. Read it before you write another.');
  }
  return [
    {
      type: 'contract.drafted',
      data: { contractId: target, ...data, origin: { channel: 'api' }, changedAt: context.occurredAt },
    },
  ];
}

function sign({ target }: SignContract, contract: ContractState): Decision {
  switch (contract.status) {
    case 'none':
      return unknown();
    case 'signed':
    case 'suspended':
      return new Refusal('contract_already_signed', 'This contract is signed. There is nothing left to do.');
    case 'terminated':
    case 'cancelled':
      return ended();
    case 'draft':
      return [{ type: 'contract.signed', data: { contractId: target, ...contract.applied.content } }];
    default:
      return unreachable(contract);
  }
}

function amend({ target, data, context }: AmendContract, contract: ContractState): Decision {
  switch (contract.status) {
    case 'none':
      return unknown();
    case 'terminated':
    case 'cancelled':
      return ended();
    case 'draft':
    case 'signed':
    case 'suspended': {
      const before = contract.applied.content;
      if (!sameTerms(before.terms, data.checkedOn)) {
        const detail = 'Somebody else amended this contract in this moment. Read it, and amend it again if need be.';
        return new Refusal('contract_changed_meanwhile', detail);
      }
      const content = changedContent(before, data.changes);
      if (sameContent(content, before)) return [];
      // Of a draft nothing stands yet.
      const impossible = contract.status !== 'draft' && impossibleInPlace(before.terms, content.terms);
      if (impossible) return impossible;
      const { occurredAt: changedAt } = context;
      const facts = { contractId: target, ...content, origin: { channel: 'api' }, changedAt } as const;
      return [{ type: 'contract.amended', data: { ...facts, previous: before.terms } }];
    }
    default:
      return unreachable(contract);
  }
}

function changeStanding({ target, data, context }: ChangeStanding, contract: ContractState): Decision {
  if (contract.status === 'none') return unknown();
  const hindered = hindrance(contract.status, data.change);
  if (hindered) return hindered;
  return [standingEvent(target, { ...data, origin: { channel: 'api' }, changedAt: context.occurredAt })];
}

function unknown(): Refusal<ContractRefusal> {
  return new Refusal('contract_not_found', 'No contract has this id. GET /api/contracts lists them.');
}

function evolve(contract: ContractState, event: ContractEvent): ContractState {
  switch (event.type) {
    case 'contract.drafted': {
      const { contractId, origin: _origin, changedAt, ...content } = event.data;
      const held = contract.status === 'none' ? contract.held : undefined;
      const applied = { content, changedAt };
      return {
        status: 'draft',
        contractId,
        applied,
        draftedAs: changedAt,
        ...(held && { standingSince: held.changedAt }),
      };
    }
    case 'contract.change_held': {
      const { contractId: _contractId, ...held } = event.data;
      return contract.status === 'none' ? { status: 'none', held } : contract;
    }
    // What old logs have on record was never applied, and does not count: the next report of it is an amendment.
    case 'contract.change_recorded':
    case 'contract.change_superseded':
      return contract;
    default:
      return contract.status === 'none' ? contract : evolveWritten(contract, event);
  }
}

type LaterEvent = Exclude<
  ContractEvent,
  { type: `contract.${'drafted' | 'change_held' | 'change_recorded' | 'change_superseded'}` }
>;

function evolveWritten(contract: Exclude<ContractState, { status: 'none' }>, event: LaterEvent): ContractState {
  const { refused: _refused, ...unrefused } = contract;
  switch (event.type) {
    case 'contract.signed':
      return { ...contract, status: 'signed' };
    case 'contract.amended': {
      const { contractId: _contractId, origin: _origin, previous: _previous, changedAt, ...content } = event.data;
      return { ...unrefused, applied: { content, changedAt: newest(contract.applied.changedAt, changedAt) } };
    }
    case 'contract.amendment_refused':
      return { ...contract, refused: event.data.reason };
    case 'contract.suspended':
      return { ...unrefused, status: 'suspended', standingSince: newest(contract.standingSince, event.data.changedAt) };
    case 'contract.resumed':
      return { ...unrefused, status: 'signed', standingSince: newest(contract.standingSince, event.data.changedAt) };
    case 'contract.terminated':
      return {
        ...unrefused,
        status: 'terminated',
        standingSince: newest(contract.standingSince, event.data.changedAt),
      };
    case 'contract.cancelled':
      return { ...unrefused, status: 'cancelled', standingSince: newest(contract.standingSince, event.data.changedAt) };
    case 'contract.report_confirmed': {
      const { confirms, changedAt } = event.data;
      if (confirms === 'standing') return { ...contract, standingSince: newest(contract.standingSince, changedAt) };
      return {
        ...contract,
        applied: { ...contract.applied, changedAt: newest(contract.applied.changedAt, changedAt) },
      };
    }
    default:
      return unreachable(event);
  }
}

function newest(before: string | undefined, changedAt: string): string {
  return before !== undefined && isBefore(changedAt, before) ? before : changedAt;
}
