import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { ApprovalEvents } from '#libs/events/src/opportunity.js';
import { textsOf, whenTextsErased } from '../texts-of.js';
import { ApprovalDecisionRow } from './approval-decision.entity.js';

const keys = ({ id }: { readonly id: string }): string[] => [id];

/** Who decided what, in whose place, and what they said about it. */
export const approvalDecisionListProjection = projection<ApprovalDecisionRow, ApprovalEvents & ErasureEvents>({
  name: 'approval_decision_list',
  version: 1,
  entity: ApprovalDecisionRow,
  on: {
    'approval.step_decided': {
      keys,
      evolve: (_row, { id, data }) => {
        const { approvalId, decision, step, approverId, decidedBy, via, comment, decidedAt, customerId } = data;
        return {
          id,
          approvalId,
          decision,
          step,
          approverId,
          decidedBy,
          via,
          comment,
          decidedAt: new Date(decidedAt),
          textsOf: textsOf(customerId, decidedBy),
        };
      },
    },
    'approval.recalled': {
      keys,
      evolve: (_row, { id, data: { approvalId, recalledBy, recalledAt, comment, customerId } }) => ({
        id,
        approvalId,
        decision: 'recalled',
        step: null,
        approverId: null,
        decidedBy: recalledBy.id,
        via: [],
        comment,
        decidedAt: new Date(recalledAt),
        textsOf: textsOf(customerId, recalledBy.id),
      }),
    },
    ...whenTextsErased<ApprovalDecisionRow>({ comment: erased }),
  },
});
