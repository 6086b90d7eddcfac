import { describe, expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { ApprovalContent, ApprovalEvent } from '#libs/events/src/opportunity.js';
import { given } from '#libs/testing/src/given.js';
import {
  approvalId,
  by,
  content,
  decide,
  decided,
  endings,
  facts,
  known,
  now,
  outcome,
  reached,
  recalled,
  requested,
  waiting,
} from '../spec-approval.js';
import { RecallApproval, RequestApproval, UpdateApproval } from './approval-commands.js';
import { approvalDecider } from './approval.decider.js';

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
