import { type Decider, type Made, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import { type DealEvent, type DealStage, type OpenStage, openStages } from '#libs/events/src/opportunity.js';
import {
  type ChangeDealStage,
  type DealCommand,
  type DealRefusal,
  type DealState,
  type OpenDeal,
  type RestoreDeal,
  type UpdateDeal,
  usualProbability,
  type WrittenDeal,
} from './deal.js';
import { refusePeople } from './people.js';

type Decision = readonly DealEvent[] | Refusal<DealRefusal>;

export const dealDecider: Decider<DealState, DealCommand, DealEvent, DealRefusal> = {
  category: 'deal',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: DealCommand, deal: DealState): Decision {
  if (command.type === 'open_deal') return open(command, deal);
  if (deal.status === 'none') {
    return new Refusal('deal_not_found', 'No deal has this id. GET /api/deals lists them.');
  }
  switch (command.type) {
    case 'update_deal':
      return update(command, deal);
    case 'change_deal_stage':
      return changeStage(command, deal);
    case 'delete_deal': {
      const { reason } = command.data;
      // What a person deletes stays so, whatever becomes of its customer, even if it went with them before.
      const isGone = deal.status === 'deleted' && (deal.reason === 'requested' || reason === 'customer_deleted');
      return isGone ? [] : [{ type: 'deal.deleted', data: { ...factsOf(deal), reason } }];
    }
    case 'restore_deal':
      return restore(command, deal);
    case 'reassign_deal': {
      const { fromUserId, toUserId } = command.data;
      if (deal.ownerId !== fromUserId) return [];
      const data = { ...factsOf(deal), ownerId: toUserId, previousOwnerId: fromUserId, cause: 'user_deleted' } as const;
      return [{ type: 'deal.reassigned', data }];
    }
    case 'move_deal': {
      const { customerId } = command.data;
      if (deal.customerId === null || deal.customerId === customerId) return [];
      const data = { ...factsOf(deal), customerId, previousCustomerId: deal.customerId };
      return [{ type: 'deal.moved', data }];
    }
    default:
      return unreachable(command);
  }
}

function open({ target: dealId, data, context }: OpenDeal, deal: DealState): Decision {
  if (deal.status !== 'none') {
    return new Refusal('deal_exists', 'A deal with this id exists. Read it before you open another one.');
  }
  const { findings, ...content } = data;
  return refusePeople(findings) ?? [{ type: 'deal.opened', data: { dealId, ...content, openedBy: context.actor.id } }];
}

function update({ data, context }: UpdateDeal, deal: WrittenDeal): Decision {
  if (deal.status === 'deleted') return deleted(deal);
  const { findings, ...written } = data;
  const refused = refusePeople(findings);
  if (refused) return refused;
  // What is won or lost is certain; another probability would falsify the forecast.
  const content = isOpen(deal.stage) ? written : { ...written, probability: deal.probability };
  const fields = Object.keys(content) as (keyof typeof content)[];
  const changed = fields.filter((field) => content[field] !== deal[field]);
  if (changed.length === 0) return [];
  const { dealId, customerId } = deal;
  return [{ type: 'deal.updated', data: { dealId, customerId, ...content, changed, updatedBy: context.actor.id } }];
}

function changeStage({ data, context }: ChangeDealStage, deal: WrittenDeal): Decision {
  if (deal.status === 'deleted') return deleted(deal);
  const { stage, probability = usualProbability[stage], comment } = data;
  if (stage === deal.stage && (!isOpen(stage) || probability === deal.probability)) return [];
  const facts = { ...factsOf(deal), previousStage: deal.stage };
  if (isOpen(stage)) return [{ type: 'deal.stage_changed', data: { ...facts, stage, probability } }];
  if (!isOpen(deal.stage)) {
    const detail = `This deal is ${deal.stage}. Take it up again in one of the stages ${openStages.join(', ')} first.`;
    return new Refusal('deal_closed', detail, { changedBy: deal.closedBy });
  }
  const closed = { amount: deal.amount, closedBy: context.actor.id, closedAt: context.occurredAt, comment };
  return [{ type: stage === 'WON' ? 'deal.won' : 'deal.lost', data: { ...facts, ...closed } }];
}

function restore({ data: { reason, findings } }: RestoreDeal, deal: WrittenDeal): Decision {
  if (reason === 'customer_deleted') {
    const isBack = deal.status === 'deleted' && deal.reason === reason;
    return isBack ? [{ type: 'deal.restored', data: { ...factsOf(deal), reason } }] : [];
  }
  if (deal.status !== 'deleted') {
    return new Refusal('deal_not_deleted', 'This deal is not deleted. There is nothing to restore.');
  }
  if (deal.reason === 'customer_deleted') {
    const detail = 'This deal went with its customer. Restore the customer, and it comes back.';
    return new Refusal('deal_customer_deleted', detail, { customerId: deal.customerId });
  }
  return refusePeople(findings) ?? [{ type: 'deal.restored', data: { ...factsOf(deal), reason } }];
}

function deleted({ deletedBy }: Extract<DealState, { status: 'deleted' }>): Refusal<DealRefusal> {
  return new Refusal('deal_deleted', 'This deal was deleted. Restore it first.', { changedBy: deletedBy });
}

export function isOpen(stage: DealStage): stage is OpenStage {
  return (openStages as readonly DealStage[]).includes(stage);
}

function factsOf({ dealId, customerId, ownerId }: WrittenDeal) {
  return { dealId, customerId, ownerId };
}

function evolve(deal: DealState, event: DealEvent & Made): DealState {
  if (event.type === 'deal.opened') {
    const { openedBy: _, ...written } = event.data;
    return { status: 'there', ...written };
  }
  if (deal.status === 'none') return deal;
  switch (event.type) {
    case 'deal.updated': {
      const { changed: _changed, updatedBy: _by, ...content } = event.data;
      return { ...deal, ...content };
    }
    case 'deal.stage_changed':
      return { ...deal, stage: event.data.stage, probability: event.data.probability, closedBy: undefined };
    case 'deal.won':
      return { ...deal, stage: 'WON', probability: usualProbability.WON, closedBy: event.changedBy };
    case 'deal.lost':
      return { ...deal, stage: 'LOST', probability: usualProbability.LOST, closedBy: event.changedBy };
    case 'deal.deleted':
      return { ...deal, status: 'deleted', reason: event.data.reason, deletedBy: event.changedBy };
    case 'deal.restored':
      return { ...deal, status: 'there' };
    case 'deal.reassigned':
      return { ...deal, ownerId: event.data.ownerId };
    case 'deal.moved':
      return { ...deal, customerId: event.data.customerId };
    default:
      return unreachable(event);
  }
}
