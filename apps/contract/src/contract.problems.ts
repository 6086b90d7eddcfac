import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { ContractRefusal } from './domain/contract.js';
import type { WebhookSourceRefusal } from './domain/webhook-source.js';

type ContractProblemCode =
  | ContractRefusal
  | WebhookSourceRefusal
  | 'webhook_secret_retired'
  | 'webhook_unauthenticated'
  | 'webhook_type_unknown'
  | 'webhook_id_reused'
  | 'customer_erased';

export const contractProblems: ProblemTable<ContractProblemCode> = {
  contract_not_found: {
    status: 404,
    title: 'No such contract',
    whatToDo: 'No contract has this id. GET /api/contracts lists them.',
  },
  contract_exists: { status: 409, title: 'Contract exists' },
  contract_already_signed: { status: 409, title: 'Contract is signed' },
  contract_not_signed: { status: 409, title: 'Contract is not signed' },
  contract_not_suspended: { status: 409, title: 'Contract is not suspended' },
  contract_already_suspended: { status: 409, title: 'Contract is suspended' },
  contract_ended: { status: 409, title: 'Contract has ended' },
  contract_changed_meanwhile: { status: 409, title: 'Contract changed meanwhile' },
  storage_cannot_shrink: { status: 409, title: "Storage can't shrink" },
  region_cannot_move: { status: 409, title: "An environment can't move" },
  webhook_source_not_found: {
    status: 404,
    title: 'No such webhook source',
    whatToDo: 'No webhook source has this id. GET /api/webhook-sources lists them.',
  },
  webhook_source_exists: { status: 409, title: 'Webhook source exists' },
  webhook_secret_not_found: { status: 404, title: 'No such secret' },
  webhook_secret_retired: {
    status: 409,
    title: 'Secret is retired',
    whatToDo: 'The secret that this request made was retired since. Make a new one with a new Idempotency-Key.',
  },
  webhook_unauthenticated: {
    status: 401,
    title: 'Webhook not authenticated',
    whatToDo:
      'Sign "<webhook-id>.<webhook-timestamp>.<body>" with an active secret of this source by Standard Webhooks, ' +
      'send the headers webhook-id, webhook-timestamp and webhook-signature, and check the sending clock: ' +
      'five minutes of difference are allowed.',
  },
  webhook_type_unknown: { status: 422, title: 'Unknown webhook type' },
  webhook_id_reused: {
    status: 409,
    title: 'Webhook id reused',
    whatToDo: 'This webhook-id was received with another body. Send changes under a webhook-id of their own.',
  },
  // Not 410: to a sender of webhooks that says that nothing listens here any more.
  customer_erased: {
    status: 409,
    title: 'Customer was erased',
    whatToDo: 'The personal data of this customer was erased and is not taken again. Send it under a new customer id.',
  },
};

export const contractProblem = problemFactory(contractProblems);
