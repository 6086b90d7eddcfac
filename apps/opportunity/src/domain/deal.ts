import { Command } from '#libs/event-sourcing/src/command.js';
import type { ChangedBy } from '#libs/event-sourcing/src/event.js';
import type { DealContent, DealStage, OpenStage } from '#libs/events/src/opportunity.js';
import type { Findings, PeopleRefusal } from './people.js';

/** How likely a deal of a stage is, in percent, unless somebody knows better. */
export const usualProbability: Readonly<Record<DealStage, number>> = {
  LEAD: 10,
  QUALIFIED: 25,
  PROPOSAL: 50,
  NEGOTIATION: 75,
  WON: 100,
  LOST: 0,
};

interface Named {
  readonly customerId: string | null;
  readonly ownerId: string | null;
  readonly findings: Findings;
}

export class OpenDeal extends Command<DealContent & Named & { readonly stage: OpenStage }> {
  override readonly type = 'open_deal';
}

/** The deal as it is from now on; stage and customer stay. */
export class UpdateDeal extends Command<DealContent & Omit<Named, 'customerId'>> {
  override readonly type = 'update_deal';
}

/** `probability` is the usual one of the stage where it is left out; it means nothing for a stage that ends the deal. */
export class ChangeDealStage extends Command<{
  readonly stage: DealStage;
  readonly probability?: number;
  readonly comment: string | null;
}> {
  override readonly type = 'change_deal_stage';
}

export class DeleteDeal extends Command<{ readonly reason: 'requested' | 'customer_deleted' }> {
  override readonly type = 'delete_deal';
}

/** Brings a deal back that was deleted for this reason. */
export class RestoreDeal extends Command<{
  readonly reason: 'requested' | 'customer_deleted';
  readonly findings: Findings;
}> {
  override readonly type = 'restore_deal';
}

/** The owner is gone. */
export class ReassignDeal extends Command<{ readonly fromUserId: string; readonly toUserId: string | null }> {
  override readonly type = 'reassign_deal';
}

/** The customer became part of another one. */
export class MoveDeal extends Command<{ readonly customerId: string }> {
  override readonly type = 'move_deal';
}

export type DealCommand = OpenDeal | UpdateDeal | ChangeDealStage | DeleteDeal | RestoreDeal | ReassignDeal | MoveDeal;

export const dealCommands = [
  OpenDeal,
  UpdateDeal,
  ChangeDealStage,
  DeleteDeal,
  RestoreDeal,
  ReassignDeal,
  MoveDeal,
] as const;

interface Written extends DealContent {
  readonly dealId: string;
  readonly customerId: string | null;
  readonly ownerId: string | null;
  readonly stage: DealStage;
  /** Who won or lost it, while it is so. */
  readonly closedBy?: ChangedBy | undefined;
}

interface Deleted {
  readonly reason: 'requested' | 'customer_deleted';
  readonly deletedBy?: ChangedBy | undefined;
}

export type DealState =
  | { readonly status: 'none' }
  | ({ readonly status: 'there' } & Written)
  | ({ readonly status: 'deleted' } & Deleted & Written);

export type WrittenDeal = Exclude<DealState, { status: 'none' }>;

export type DealRefusal =
  | PeopleRefusal
  | 'deal_not_found'
  | 'deal_exists'
  | 'deal_deleted'
  | 'deal_not_deleted'
  | 'deal_closed'
  | 'deal_customer_deleted';
