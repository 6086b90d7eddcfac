import type { EventOfType, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { DealEvent, DealEvents } from '#libs/events/src/opportunity.js';
import { usualProbability } from '../domain/deal.js';
import { textsOf, whenTextsErased } from '../texts-of.js';
import { DealRow } from './deal.entity.js';

export const dealListProjection = projection<DealRow, DealEvents & ErasureEvents>({
  name: 'deal_list',
  version: 2,
  entity: DealRow,
  on: {
    'deal.opened': {
      keys: dealId,
      evolve: (_row, event) => {
        const { dealId: id, customerId, stage, openedBy } = event.data;
        const now = new Date(event.metadata.occurredAt);
        return {
          id,
          customerId,
          stage,
          ...content(event, openedBy),
          closedAt: null,
          closeComment: null,
          commentOf: null,
          deleted: false,
          deleteReason: null,
          openedAt: now,
          stageSince: now,
          ...touched(event),
        };
      },
    },
    'deal.updated': {
      keys: dealId,
      evolve: (row, event) => row && { ...row, ...content(event, event.data.updatedBy), ...touched(event) },
    },
    'deal.stage_changed': {
      keys: dealId,
      evolve: (row, event) => {
        const { stage, previousStage, probability } = event.data;
        const stageSince = stage === previousStage ? row?.stageSince : new Date(event.metadata.occurredAt);
        const open = { closedAt: null, closeComment: null, commentOf: null };
        return row && { ...row, ...open, stage, probability, ...(stageSince && { stageSince }), ...touched(event) };
      },
    },
    'deal.won': { keys: dealId, evolve: (row, event) => row && closed(row, 'WON', event) },
    'deal.lost': { keys: dealId, evolve: (row, event) => row && closed(row, 'LOST', event) },
    'deal.deleted': {
      keys: dealId,
      evolve: (row, event) => row && { ...row, deleted: true, deleteReason: event.data.reason, ...touched(event) },
    },
    'deal.restored': {
      keys: dealId,
      evolve: (row, event) => row && { ...row, deleted: false, deleteReason: null, ...touched(event) },
    },
    'deal.reassigned': {
      keys: dealId,
      evolve: (row, event) => row && { ...row, ownerId: event.data.ownerId, ...touched(event) },
    },
    'deal.moved': {
      keys: dealId,
      evolve: (row, event) => row && { ...row, customerId: event.data.customerId, ...touched(event) },
    },
    ...whenTextsErased<DealRow>({ title: erased, description: erased }, { commentOf: { closeComment: erased } }),
  },
});

function dealId({ data }: RecordedEvent<DealEvent>): string[] {
  return [data.dealId];
}

function content({ data }: RecordedEvent<EventOfType<DealEvent, 'deal.opened' | 'deal.updated'>>, writerId: string) {
  const { customerId, ownerId, title, description, amount, probability, expectedCloseDate } = data;
  return {
    ownerId,
    title,
    description,
    amount: String(amount),
    probability,
    expectedCloseDate,
    textsOf: textsOf(customerId, writerId),
  };
}

function closed(
  row: DealRow,
  stage: 'WON' | 'LOST',
  event: RecordedEvent<EventOfType<DealEvent, 'deal.won' | 'deal.lost'>>,
): DealRow {
  const { closedAt, closedBy, comment: closeComment, customerId } = event.data;
  const at = new Date(closedAt);
  return {
    ...row,
    stage,
    probability: usualProbability[stage],
    closedAt: at,
    closeComment,
    // Of whoever is the customer by now, or of who closed it: the other texts may be about somebody else.
    commentOf: closeComment === null ? null : textsOf(customerId, closedBy),
    stageSince: at,
    ...touched(event),
  };
}

function touched({ revision, metadata }: RecordedEvent): Pick<DealRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
