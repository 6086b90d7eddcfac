import { Command } from '#libs/event-sourcing/src/command.js';
import type { ContractTerms, LifeCycleChange } from '#libs/events/src/contract.js';
import type { ContractChanges, ContractContent, ReportedContent, ReportedStanding } from './contract.js';

/** Writes a contract down; it binds nobody yet. */
export class DraftContract extends Command<ContractContent> {
  override readonly type = 'draft_contract';
}

/** The customer signed. */
export class SignContract extends Command<Record<string, never>> {
  override readonly type = 'sign_contract';
}

/** The parties agreed on something else. `checkedOn` are the terms that held when the new ones were found sold. */
export class AmendContract extends Command<{ readonly changes: ContractChanges; readonly checkedOn: ContractTerms }> {
  override readonly type = 'amend_contract';
}

/** Somebody suspends, resumes, terminates or cancels a contract. */
export class ChangeStanding extends Command<{ readonly change: LifeCycleChange; readonly reason?: string }> {
  override readonly type = 'change_standing';
}

/** Another system registers a contract; there registration is the signature. */
export class RegisterContract extends Command<ReportedContent> {
  override readonly type = 'register_contract';
}

/** Another system reports what a contract says now. One that nobody registered is registered by it. */
export class ReportContent extends Command<ReportedContent> {
  override readonly type = 'report_content';
}

/** Another system reports a suspension, resumption, termination or cancellation. */
export class ReportStanding extends Command<ReportedStanding> {
  override readonly type = 'report_standing';
}

export type ContractCommand =
  DraftContract | SignContract | AmendContract | ChangeStanding | RegisterContract | ReportContent | ReportStanding;
