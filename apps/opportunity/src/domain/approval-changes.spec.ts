import { describe, it } from 'vitest';
import type { ApprovalEvent } from '#libs/events/src/opportunity.js';
import { given } from '#libs/testing/src/given.js';
import {
  after,
  approvalId,
  by,
  decide,
  decided,
  endings,
  facts,
  now,
  outcome,
  reached,
  recalled,
  requested,
  waiting,
} from '../spec-approval.js';
import {
  MoveApproval,
  ReplaceApprover,
  RestoreApproval,
  RunApprovalTimer,
  WithdrawApproval,
} from './approval-commands.js';
import { approvalDecider } from './approval.decider.js';

describe('a customer who goes', () => {
  const withdraw = new WithdrawApproval(approvalId, { reason: 'customer_deleted' }, by('policy'));
  const restore = new RestoreApproval(approvalId, { reason: 'customer_deleted' }, by('policy'));

  it('takes their request along, and brings it back with the decisions of before', () => {
    given(approvalDecider, requested).when(withdraw).then(recalled('customer_deleted'));
    const history = [requested, decided(0, 'aya'), reached, decided(1, 'bo'), recalled('customer_deleted')];
    given(approvalDecider, ...history)
      .when(restore)
      .then({ type: 'approval.restored', data: { ...facts, reason: 'customer_deleted', ...waiting } });
    const back: ApprovalEvent = {
      type: 'approval.restored',
      data: { ...facts, reason: 'customer_deleted', ...waiting },
    };
    given(approvalDecider, ...history, back)
      .when(decide('ben'))
      .then(decided(1, 'ben'), {
        type: 'approval.approved',
        data: { ...outcome, decidedBy: 'ben', onBehalfOf: null },
      });
  });

  it.each(Object.keys(endings))('leaves what was %s by people alone', (ending) => {
    given(approvalDecider, requested, ...endings[ending]!)
      .when(withdraw)
      .thenNothing();
    given(approvalDecider, requested, ...endings[ending]!)
      .when(restore)
      .thenNothing();
  });

  it('into another one moves it once, ended or not', () => {
    const move = new MoveApproval(approvalId, { customerId: 'c2' }, by('policy'));
    const moved: ApprovalEvent = {
      type: 'approval.moved',
      data: { ...facts, customerId: 'c2', previousCustomerId: 'c1' },
    };
    given(approvalDecider, requested, ...endings['approved']!)
      .when(move)
      .then(moved);
    given(approvalDecider, requested, moved).when(move).thenNothing();
  });
});

describe('an approver who goes', () => {
  const replace = (userId: string, ...substitutes: string[]) =>
    new ReplaceApprover(approvalId, { userId, substitutes }, by('policy'));
  const reassigned = (step: number, fromUserId: string, toUserId: string | null): ApprovalEvent => ({
    type: 'approval.reassigned',
    data: { ...facts, step, fromUserId, toUserId, waits: step === 0, cause: 'user_deleted' },
  });

  it('is replaced by the first who fits: neither the requester nor an approver', () => {
    given(approvalDecider, requested)
      .when(replace('bo', 'rie', 'ben', 'kei', 'dan'))
      .then(reassigned(1, 'bo', 'kei'));
    given(approvalDecider, requested, reassigned(0, 'aya', 'kei'))
      .when(decide('kei'))
      .then(decided(0, 'kei'), after(reached, 'akira', 'kei'));
  });

  it('without a substitute is not missed where others are enough, and ends the request where they are not', () => {
    given(approvalDecider, requested)
      .when(replace('aya'))
      .then(reassigned(0, 'aya', null));
    const ending: ApprovalEvent = {
      type: 'approval.recalled',
      data: {
        ...facts,
        recalledBy: { id: 'system' },
        reason: 'approver_deleted',
        recalledAt: now,
        comment: null,
      },
    };
    given(approvalDecider, requested, reassigned(0, 'aya', null))
      .when(replace('akira'))
      .then(ending);
    given(approvalDecider, requested).when(replace('bo', 'rie')).then(ending);
  });

  it('leaves what they have decided', () => {
    given(approvalDecider, requested, decided(0, 'aya'), reached, decided(1, 'bo'))
      .when(replace('bo', 'kei'))
      .thenNothing();
    given(approvalDecider, requested, decided(0, 'aya'), reached).when(replace('aya', 'kei')).thenNothing();
    given(approvalDecider, requested).when(replace('kei', 'dan')).thenNothing();
  });
});

describe('a step that waits', () => {
  const run = (at: string, ...candidates: string[]) =>
    new RunApprovalTimer(approvalId, { candidates }, by('timer', at));
  const waitingFor = ['akira', 'aya'];
  const reminded = (number: number, nextTimerAt: string): ApprovalEvent => ({
    type: 'approval.reminded',
    data: { ...facts, step: 0, waitingFor, number, nextTimerAt },
  });
  const escalated: ApprovalEvent = {
    type: 'approval.escalated',
    data: { ...facts, step: 0, waitingFor, escalatedTo: 'kei', nextTimerAt: '2026-01-09T09:00:00.000Z' },
  };

  it('reminds its approvers when it is due, not before and not after the end', () => {
    given(approvalDecider, requested).when(run('2026-01-06T08:59:59.000Z')).thenNothing();
    given(approvalDecider, requested)
      .when(run('2026-01-06T09:00:00.000Z'))
      .then(reminded(1, '2026-01-07T09:00:00.000Z'));
    given(approvalDecider, requested, ...endings['rejected']!)
      .when(run('2026-01-06T09:00:00.000Z'))
      .thenNothing();
  });

  it('names again who is waited for, until the escalation', () => {
    given(approvalDecider, requested, reminded(1, '2026-01-07T09:00:00.000Z'))
      .when(run('2026-01-07T10:00:00.000Z'))
      .then(reminded(2, '2026-01-08T09:00:00.000Z'));
  });

  it('is escalated to the first who fits, who settles it alone', () => {
    given(approvalDecider, requested)
      .when(run('2026-01-08T09:00:00.000Z', 'rie', 'aya', 'kei'))
      .then(escalated);
    given(approvalDecider, requested, escalated)
      .when(decide('kei'))
      .then(decided(0, 'kei'), after(reached, 'akira', 'aya', 'kei'));
    given(approvalDecider, requested, escalated)
      .when(decide('aya'))
      .then(decided(0, 'aya'), after(reached, 'akira', 'aya', 'kei'));
  });

  it('is escalated once, and looked at again where nobody was there', () => {
    given(approvalDecider, requested, escalated)
      .when(run('2026-01-09T09:00:00.000Z', 'dan'))
      .then(reminded(1, '2026-01-10T09:00:00.000Z'));
    given(approvalDecider, requested)
      .when(run('2026-01-08T09:00:00.000Z'))
      .then(reminded(1, '2026-01-09T09:00:00.000Z'));
  });

  it('goes on with its approvers when the one is gone whom it was escalated to', () => {
    given(approvalDecider, requested, escalated)
      .when(new ReplaceApprover(approvalId, { userId: 'kei', substitutes: [] }, by('policy')))
      .then({
        type: 'approval.reassigned',
        data: { ...facts, step: 0, fromUserId: 'kei', toUserId: null, waits: true, cause: 'user_deleted' },
      });
  });
});
