import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ContractEvent } from '#libs/events/src/contract.js';
import {
  type ContractState,
  type ContractContent,
  type ContractRefusal,
  type ReportedChange,
  sameContent,
} from './contract.js';

/** Writes a contract down; it binds nobody yet. */
export class DraftContract extends Command<ContractContent> {
  override readonly type = 'draft_contract';
}

/** The customer signed. */
export class SignContract extends Command<Record<string, never>> {
  override readonly type = 'sign_contract';
}

/** Another system reports a contract; there registration is the signature. Later reports are changes of it. */
export class RegisterContract extends Command<ReportedChange> {
  override readonly type = 'register_contract';
}

export type ContractCommand = DraftContract | SignContract | RegisterContract;

export const contractDecider: Decider<ContractState, ContractCommand, ContractEvent, ContractRefusal> = {
  category: 'contract',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(
  command: ContractCommand,
  contract: ContractState,
): readonly ContractEvent[] | Refusal<ContractRefusal> {
  switch (command.type) {
    case 'draft_contract':
      return draft(command, contract);
    case 'sign_contract':
      return sign(command, contract);
    case 'register_contract':
      return register(command, contract);
    default:
      return unreachable(command);
  }
}

function draft(
  { target, data, context }: DraftContract,
  contract: ContractState,
): ContractEvent[] | Refusal<ContractRefusal> {
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

function sign({ target }: SignContract, contract: ContractState): ContractEvent[] | Refusal<ContractRefusal> {
  switch (contract.status) {
    case 'none':
      return new Refusal('contract_not_found', 'No contract has this id. GET /api/contracts lists them.');
    case 'signed':
      return new Refusal('contract_already_signed', 'This contract is signed. There is nothing left to do.');
    case 'draft':
      return [{ type: 'contract.signed', data: { contractId: target, ...contract.applied.content } }];
    default:
      return unreachable(contract);
  }
}

function register({ target, data }: RegisterContract, contract: ContractState): ContractEvent[] {
  const { origin, changedAt, ...content } = data;
  const facts = { contractId: target, ...content };
  switch (contract.status) {
    case 'none':
      return [
        { type: 'contract.drafted', data: { ...facts, origin, changedAt } },
        { type: 'contract.signed', data: facts },
      ];
    case 'draft':
    case 'signed': {
      const { applied, newest } = contract;
      if (sameContent(content, newest.content)) return [];
      if (isBefore(changedAt, applied.changedAt)) {
        const superseded = { contractId: target, origin, changedAt, appliedChangedAt: applied.changedAt };
        return [{ type: 'contract.change_superseded', data: superseded }];
      }
      return [{ type: 'contract.change_recorded', data: { ...facts, origin, changedAt } }];
    }
    default:
      return unreachable(contract);
  }
}

function evolve(contract: ContractState, event: ContractEvent): ContractState {
  switch (event.type) {
    case 'contract.drafted': {
      const { contractId, origin: _origin, changedAt, ...content } = event.data;
      const version = { content, changedAt };
      return { status: 'draft', contractId, applied: version, newest: version };
    }
    case 'contract.signed':
      return contract.status === 'none' ? contract : { ...contract, status: 'signed' };
    case 'contract.change_recorded': {
      const { contractId: _contractId, origin: _origin, changedAt, ...content } = event.data;
      if (contract.status === 'none' || isBefore(changedAt, contract.newest.changedAt)) return contract;
      return { ...contract, newest: { content, changedAt } };
    }
    case 'contract.change_superseded':
      return contract;
    default:
      return unreachable(event);
  }
}

/** ISO instants in UTC sort as text. */
function isBefore(a: string, b: string): boolean {
  return a < b;
}
