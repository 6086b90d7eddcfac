/** The deals of one customer of the data set, and the approvals that large ones need. */
import { DecideApproval, RequestApproval } from '#apps/opportunity/src/domain/approval-commands.js';
import { ChangeDealStage, OpenDeal, usualProbability } from '#apps/opportunity/src/domain/deal.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { type DealStage, openStages } from '#libs/events/src/opportunity.js';
import { weighted } from '../faults/random.js';
import { pick } from './people.js';
import type { Act, Strand, Telling } from './telling.js';

const dayMs = 86_400_000;
const products = ['投資信託の積立', '国内債券の購入', '外貨建て年金保険', 'ファンドラップ契約', '退職金の一括運用'];
/** Whole yen from which a manager has to approve. */
const needsApproval = 20_000_000;

export function dealsOf(telling: Telling): Strand[] {
  return telling.random() < 0.15 ? dealOf(telling) : [];
}

function dealOf(telling: Telling): Strand[] {
  const { customerId, standing, sales, manager, random, between, since, end, asked } = telling;
  const outcome = weighted(random, { WON: 40, LOST: 25, open: 35 });
  const openedAt = between(outcome === 'open' ? Math.min(since, 120) : since, 0);
  const later = (days: number): string => new Date(Date.parse(openedAt) + days * dayMs).toISOString();
  const title = pick(random, products);
  const amount = Math.round(1 + random() ** 3 * 60) * 1_000_000;
  const findings = { customer: { standing }, users: { [sales.id]: 'active' } } as const;
  const opened = asked(sales, openedAt, 'deal');
  const id = stableId('deal', opened.commandId);
  const data = {
    title,
    description: null,
    amount,
    probability: usualProbability.LEAD,
    expectedCloseDate: later(60).slice(0, 10),
    customerId,
    ownerId: sales.id,
    stage: 'LEAD',
    findings,
  } as const;
  const last = outcome === 'open' ? Math.floor(random() * openStages.length) : 2;
  const stages: readonly DealStage[] = [...openStages.slice(1, last + 1), ...(outcome === 'open' ? [] : [outcome])];
  // Each takes two weeks, or what is left until the end.
  const pace = Math.min(14, (end - Date.parse(openedAt)) / dayMs / (stages.length + 1));
  const moves = stages.map((stage, index) => {
    const context = asked(sales, later((index + 1) * pace), 'deal', stage);
    return new ChangeDealStage(id, { stage, comment: null }, context);
  });
  const deal: Act[] = [new OpenDeal(id, data, opened), ...moves].map((command) => ({ kind: 'deal', command }));
  if (amount < needsApproval) return [deal];

  const requested = asked(sales, openedAt, 'approval');
  const approvalId = stableId('approval', requested.commandId);
  const request = new RequestApproval(
    approvalId,
    {
      subject: { type: 'deal', id },
      title: `${title}の承認`,
      description: null,
      amount,
      steps: [{ rule: 'any_of', approvers: [manager.id] }],
      remindAfterHours: 24,
      escalateAfterHours: 72,
      escalateTo: null,
      customerId,
      findings: { customer: { standing }, users: { [manager.id]: 'active' } },
    },
    requested,
  );
  const decision = outcome === 'LOST' ? 'rejected' : 'approved';
  const decided = new DecideApproval(
    approvalId,
    { decision, comment: null, standsFor: {} },
    asked(manager, later(pace / 2), 'approval', 'decided'),
  );
  // Only what came in on the last day waits for somebody still.
  const isNew = outcome === 'open' && Date.parse(openedAt) >= end - dayMs;
  const approval: Act[] = [request, ...(isNew ? [] : [decided])].map((command) => ({ kind: 'approval', command }));
  return [deal, approval];
}
