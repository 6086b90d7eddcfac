import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { ApprovalRefusal } from './domain/approval.js';
import type { DealRefusal } from './domain/deal.js';
import type { DelegationRefusal } from './domain/delegation.decider.js';

type OpportunityProblemCode =
  ApprovalRefusal | DealRefusal | DelegationRefusal | 'delegation_not_yours' | 'owner_needed';

export const opportunityProblems: ProblemTable<OpportunityProblemCode> = {
  customer_unknown: { status: 422, title: 'Unknown customer' },
  customer_is_deleted: { status: 409, title: 'Customer is deleted' },
  customer_is_merged: { status: 409, title: 'Customer was merged' },
  user_unknown: { status: 422, title: 'Unknown user' },
  user_is_deleted: { status: 409, title: 'User is deleted' },
  user_unfit: { status: 422, title: 'The role of a user does not allow it' },
  approval_not_found: {
    status: 404,
    title: 'No such approval request',
    whatToDo: 'No approval request has this id. GET /api/approvals lists them.',
  },
  approval_exists: { status: 409, title: 'Approval request exists' },
  approval_ended: { status: 409, title: 'Approval request has ended' },
  approval_in_progress: { status: 409, title: 'Somebody has decided already' },
  approver_repeated: { status: 422, title: 'Approver named twice' },
  self_approval: { status: 403, title: 'Own request' },
  not_the_requester: { status: 403, title: 'Not the requester' },
  not_an_approver: { status: 403, title: 'Not an approver of this step' },
  delegation_ambiguous: { status: 422, title: 'In whose place?' },
  step_already_decided: { status: 409, title: 'Step is decided' },
  step_not_reached: { status: 409, title: 'Step is not reached' },
  approver_already_decided: { status: 409, title: 'Approver has decided' },
  deal_not_found: {
    status: 404,
    title: 'No such deal',
    whatToDo: 'No deal has this id, or it is deleted: read it with ?deleted=true. GET /api/deals lists deals.',
  },
  deal_exists: { status: 409, title: 'Deal exists' },
  deal_deleted: { status: 409, title: 'Deal is deleted' },
  deal_not_deleted: { status: 409, title: 'Deal is not deleted' },
  deal_closed: { status: 409, title: 'Deal is closed' },
  deal_customer_deleted: { status: 409, title: 'Deal went with its customer' },
  owner_needed: {
    status: 422,
    title: 'Owner needed',
    whatToDo: 'A machine client looks after no deal. Name the user as ownerId.',
  },
  delegation_not_found: {
    status: 404,
    title: 'No such delegation',
    whatToDo: 'No delegation has this id. GET /api/delegations lists them.',
  },
  delegation_period: { status: 422, title: 'Delegation period' },
  delegation_overlaps: { status: 409, title: 'Another delegation lasts' },
  delegation_cycle: { status: 409, title: 'Delegation leads back' },
  delegation_not_yours: {
    status: 403,
    title: 'Not your delegation',
    whatToDo: 'People delegate their own approvals. Ask an administrator to do it for somebody who is away.',
  },
};

export const opportunityProblem = problemFactory(opportunityProblems);
