import { describe, expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { EventOfType } from '#libs/event-sourcing/src/event.js';
import type { ApprovalContent, ApprovalEvent, ApprovalEvents } from '#libs/events/src/opportunity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  DecideApproval,
  MoveApproval,
  RecallApproval,
  ReplaceApprover,
  RequestApproval,
  RestoreApproval,
  RunApprovalTimer,
  UpdateApproval,
  WithdrawApproval,
} from './approval-commands.js';
import { approvalDecider } from './approval.decider.js';

const approvalId = 'a1';
const facts = { approvalId, requesterId: 'rie', customerId: 'c1' };
const now = '2026-01-05T09:00:00.000Z';
const content: ApprovalContent = {
  subject: { type: 'deal', id: 'd1' },
  title: 'A discount of 15 %',
  description: null,
  amount: 1_500_000,
  steps: [
    { rule: 'any_of', approvers: ['akira', 'aya'] },
    { rule: 'all_of', approvers: ['ben', 'bo'] },
  ],
  remindAfterHours: 24,
  escalateAfterHours: 72,
  escalateTo: null,
};
const waiting = { startedAt: now, nextTimerAt: '2026-01-06T09:00:00.000Z' };
const requested: ApprovalEvent = { type: 'approval.requested', data: { ...facts, ...content, ...waiting } };
const known = { users: { akira: 'active', aya: 'active', ben: 'active', bo: 'active' } } as const;

function by(id: string, occurredAt = now) {
  return testContext({ actor: { id, role: 'SALES' }, occurredAt });
}

function decide(
  who: string,
  decision: 'approved' | 'rejected' = 'approved',
  data: Partial<DecideApproval['data']> = {},
): DecideApproval {
  return new DecideApproval(approvalId, { decision, comment: null, standsFor: {}, ...data }, by(who));
}

function decided(
  step: number,
  approverId: string,
  changes: Partial<ApprovalEvents['approval.step_decided']> = {},
): ApprovalEvent {
  const decision = { step, decision: 'approved', approverId, decidedBy: approverId, via: [], decidedAt: now } as const;
  return { type: 'approval.step_decided', data: { ...facts, ...decision, comment: null, ...changes } };
}

const reached: EventOfType<ApprovalEvent, 'approval.step_reached'> = {
  type: 'approval.step_reached',
  data: { ...facts, ...waiting, step: 1, approvers: ['ben', 'bo'], formerApprovers: ['akira', 'aya'] },
};
/** The same, after other approvers. */
function after(event: typeof reached, ...formerApprovers: readonly string[]): ApprovalEvent {
  return { ...event, data: { ...event.data, formerApprovers } };
}
const outcome = { ...facts, subject: content.subject, amount: content.amount, decidedAt: now, comment: null };
const recalled = (reason: 'customer_deleted' | 'requested', id = 'system'): ApprovalEvent => ({
  type: 'approval.recalled',
  data: { ...facts, recalledBy: { id }, reason, recalledAt: now, comment: null },
});
const endings: Readonly<Record<string, readonly ApprovalEvent[]>> = {
  approved: [
    decided(0, 'aya'),
    { type: 'approval.approved', data: { ...outcome, decidedBy: 'bo', onBehalfOf: 'ben' } },
  ],
  rejected: [{ type: 'approval.rejected', data: { ...outcome, decidedBy: 'aya', onBehalfOf: null } }],
  recalled: [recalled('requested', 'rie')],
};

function refusalOf(command: Parameters<typeof approvalDecider.decide>[0], ...events: readonly ApprovalEvent[]) {
  const decision = approvalDecider.decide(command, events.reduce(approvalDecider.evolve, approvalDecider.initialState));
  expect(decision).toBeInstanceOf(Refusal);
  return decision as Refusal;
}

describe('asking for an approval', () => {
  const request = (changes: Partial<RequestApproval['data']> = {}, who = 'rie') =>
    new RequestApproval(approvalId, { ...content, customerId: 'c1', findings: known, ...changes }, by(who));

  it('tells what is asked for, and when the approvers are reminded', () => {
    given(approvalDecider).when(request()).then(requested);
  });

  it('is due first when it is escalated where that is sooner', () => {
    given(approvalDecider)
      .when(request({ escalateAfterHours: 2 }))
      .then({
        type: 'approval.requested',
        data: { ...facts, ...content, escalateAfterHours: 2, startedAt: now, nextTimerAt: '2026-01-05T11:00:00.000Z' },
      });
  });

  it('is refused when the request exists', () => {
    given(approvalDecider, requested).when(request()).thenRefused('approval_exists');
  });

  it.each([
    ['approver', request({}, 'bo')],
    ['escalation', request({ escalateTo: 'rie' })],
  ])('is refused when the requester would decide it themselves, as an %s', (_as, command) => {
    given(approvalDecider).when(command).thenRefused('self_approval');
  });

  it.each([
    ['in two steps', { steps: [content.steps[0]!, { rule: 'any_of', approvers: ['aya'] }] as const }],
    ['for the escalation too', { escalateTo: 'ben' }],
  ])('is refused when somebody is named %s', (_name, changes) => {
    given(approvalDecider).when(request(changes)).thenRefused('approver_repeated');
  });

  it.each([
    [{ customer: { standing: 'unknown' }, users: {} }, 'customer_unknown'],
    [{ customer: { standing: 'deleted' }, users: {} }, 'customer_is_deleted'],
    [{ customer: { standing: 'merged', into: 'c2' }, users: {} }, 'customer_is_merged'],
    [{ users: { aya: 'unknown' } }, 'user_unknown'],
    [{ users: { aya: 'deleted' } }, 'user_is_deleted'],
    [{ users: { aya: 'unfit' } }, 'user_unfit'],
  ] as const)('is refused for people who do not fit: %j', (findings, code) => {
    given(approvalDecider).when(request({ findings })).thenRefused(code);
  });
});

describe('changing a request', () => {
  const update = (changes: Partial<ApprovalContent>, who = 'rie') => {
    const { subject: _, ...rest } = { ...content, ...changes };
    return new UpdateApproval(approvalId, { ...rest, findings: known }, by(who));
  };

  it('tells what it is now and which fields changed', () => {
    given(approvalDecider, requested)
      .when(update({ amount: 1, title: 'Less' }))
      .then({
        type: 'approval.updated',
        data: {
          ...facts,
          ...content,
          amount: 1,
          title: 'Less',
          ...waiting,
          changed: ['title', 'amount'],
          formerApprovers: [],
        },
      });
  });

  it('changes nothing when it says what holds', () => {
    given(approvalDecider, requested).when(update({})).thenNothing();
  });

  it('is for the requester, before anybody has decided', () => {
    given(approvalDecider, requested)
      .when(update({ amount: 1 }, 'aya'))
      .thenRefused('not_the_requester');
    given(approvalDecider, requested, decided(0, 'aya'), reached)
      .when(update({ amount: 1 }))
      .thenRefused('approval_in_progress');
    given(approvalDecider, requested)
      .when(update({ escalateTo: 'aya' }))
      .thenRefused('approver_repeated');
    given(approvalDecider).when(update({})).thenRefused('approval_not_found');
  });
});

describe('deciding', () => {
  it('one approval completes a step of any_of, and the next step is asked', () => {
    given(approvalDecider, requested).when(decide('aya')).then(decided(0, 'aya'), reached);
  });

  it('each has to approve in a step of all_of, and the last approval grants the request', () => {
    const history = [requested, decided(0, 'aya'), reached];
    given(approvalDecider, ...history)
      .when(decide('bo'))
      .then(decided(1, 'bo'));
    given(approvalDecider, ...history, decided(1, 'bo'))
      .when(decide('ben', 'approved', { comment: 'Fine.' }))
      .then(decided(1, 'ben', { comment: 'Fine.' }), {
        type: 'approval.approved',
        data: { ...outcome, decidedBy: 'ben', onBehalfOf: null, comment: 'Fine.' },
      });
  });

  it('one rejection ends the request', () => {
    given(approvalDecider, requested, decided(0, 'aya'), reached, decided(1, 'bo'))
      .when(decide('ben', 'rejected'))
      .then(decided(1, 'ben', { decision: 'rejected' }), {
        type: 'approval.rejected',
        data: { ...outcome, decidedBy: 'ben', onBehalfOf: null },
      });
  });

  it('by a delegate puts both names on record, and who stands between them', () => {
    const standsFor = { akira: ['akira', 'mio', 'dan'] };
    const names = { decidedBy: 'dan', via: ['mio', 'dan'] };
    given(approvalDecider, requested)
      .when(decide('dan', 'rejected', { standsFor }))
      .then(decided(0, 'akira', { ...names, decision: 'rejected' }), {
        type: 'approval.rejected',
        data: { ...outcome, decidedBy: 'dan', onBehalfOf: 'akira' },
      });
  });

  it('a delegate of two approvers says for whom', () => {
    const standsFor = { ben: ['ben', 'dan'], bo: ['bo', 'dan'] };
    const history = [requested, decided(0, 'aya'), reached];
    const refusal = refusalOf(decide('dan', 'approved', { standsFor }), ...history);
    expect(refusal).toMatchObject({ code: 'delegation_ambiguous', facts: { approvers: ['ben', 'bo'] } });
    given(approvalDecider, ...history)
      .when(decide('dan', 'approved', { standsFor, onBehalfOf: 'bo' }))
      .then(decided(1, 'bo', { decidedBy: 'dan', via: ['dan'] }));
  });

  it('an approver decides for themselves, unless they say otherwise', () => {
    const standsFor = { ben: ['ben', 'bo'] };
    const history = [requested, decided(0, 'aya'), reached];
    given(approvalDecider, ...history)
      .when(decide('bo', 'approved', { standsFor }))
      .then(decided(1, 'bo'));
    given(approvalDecider, ...history, decided(1, 'bo'))
      .when(decide('bo', 'approved', { standsFor }))
      .thenRefused('approver_already_decided');
    given(approvalDecider, ...history)
      .when(decide('bo', 'approved', { standsFor, onBehalfOf: 'ben' }))
      .then(decided(1, 'ben', { decidedBy: 'bo', via: ['bo'] }));
  });

  it('the requester never decides, neither themselves nor through a delegate of theirs', () => {
    given(approvalDecider, requested)
      .when(decide('rie', 'approved', { standsFor: { aya: ['aya', 'rie'] } }))
      .thenRefused('self_approval');
    given(approvalDecider, requested)
      .when(decide('dan', 'approved', { standsFor: { aya: ['aya', 'rie', 'dan'] } }))
      .thenRefused('not_an_approver');
  });

  it.each([
    ['a stranger', decide('dan'), 'not_an_approver'],
    ['nobody of whom they are a delegate', decide('dan', 'approved', { onBehalfOf: 'aya' }), 'not_an_approver'],
    ['an approver of a later step', decide('bo'), 'step_not_reached'],
  ] as const)('is not for %s', (_who, command, code) => {
    given(approvalDecider, requested).when(command).thenRefused(code);
  });

  it('too late for a step names who settled it, and in whose place', () => {
    const byDan = decided(0, 'aya', { decidedBy: 'dan', via: ['dan'] });
    expect(refusalOf(decide('akira'), requested, byDan, reached)).toMatchObject({
      code: 'step_already_decided',
      detail: expect.stringContaining('dan (in the place of aya) settled step 1') as unknown,
      facts: { decision: 'approved', decidedBy: 'dan', onBehalfOf: 'aya', decidedAt: now },
    });
  });

  it.each([
    ['approved', { approvalStatus: 'APPROVED', decidedBy: 'bo', onBehalfOf: 'ben' }],
    ['rejected', { approvalStatus: 'REJECTED', decidedBy: 'aya', onBehalfOf: null }],
    ['recalled', { approvalStatus: 'RECALLED', decidedBy: 'rie', onBehalfOf: null }],
  ] as const)('of a request that was %s names who ended it', (ending, winner) => {
    for (const command of [decide('akira'), new RecallApproval(approvalId, recalling, by('rie'))]) {
      const refusal = refusalOf(command, requested, ...endings[ending]!);
      expect(refusal).toMatchObject({ code: 'approval_ended', facts: { ...winner, decidedAt: now } });
    }
  });

  it('is refused for a request that does not exist', () => {
    given(approvalDecider).when(decide('aya')).thenRefused('approval_not_found');
  });
});

const recalling = { comment: null, asAdministrator: false };

describe('recalling', () => {
  it('is for the requester, and for an administrator', () => {
    given(approvalDecider, requested)
      .when(new RecallApproval(approvalId, recalling, by('rie')))
      .then(recalled('requested', 'rie'));
    given(approvalDecider, requested)
      .when(new RecallApproval(approvalId, { ...recalling, asAdministrator: true }, by('ada')))
      .then(recalled('requested', 'ada'));
    given(approvalDecider, requested)
      .when(new RecallApproval(approvalId, recalling, by('aya')))
      .thenRefused('not_the_requester');
    given(approvalDecider)
      .when(new RecallApproval(approvalId, recalling, by('rie')))
      .thenRefused('approval_not_found');
  });
});

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
