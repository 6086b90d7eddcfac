import { describe, expect, it } from 'vitest';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  absorbed,
  assigned,
  created,
  customerId,
  deleted,
  erasedOne,
  hanako,
  merged,
  mergeRequested,
  other,
  restored,
} from '../spec-histories.js';
import {
  AssignCustomer,
  ClaimCustomer,
  ConcludeMerge,
  CreateCustomer,
  DeleteCustomer,
  MergeInto,
  RequestMerge,
  RestoreCustomer,
  UpdateCustomer,
} from './customer-commands.js';
import { customerDecider as decider } from './customer.decider.js';

const context = testContext();
const update = (changes: object) => new UpdateCustomer(customerId, { record: { ...hanako, ...changes } }, context);
const remove = new DeleteCustomer(customerId, {}, context);
const restore = new RestoreCustomer(customerId, {}, context);
const claim = (salesId: string) => new ClaimCustomer(customerId, { salesId }, context);
const assign = (salesId: string | null, onlyFrom?: string) =>
  new AssignCustomer(customerId, { salesId, cause: 'requested', ...(onlyFrom && { onlyFrom }) }, context);

it('whoever finds a customer gone is told who ended it', () => {
  for (const ending of [deleted, merged]) {
    const changedBy = { actor: 'aya', at: context.occurredAt, event: ending.type };
    const after = [created, { ...ending, changedBy }].reduce(decider.evolve, decider.initialState);
    expect(decider.decide(update({ note: 'x' }), after)).toMatchObject({ facts: { changedBy } });
  }
});

describe('a customer', () => {
  const create = new CreateCustomer(customerId, { record: hanako, assignedSalesId: 'sato' }, context);

  it('is written down with whoever looks after them', () => {
    given(decider)
      .when(create)
      .then(
        { type: 'customer.created', data: { customerId, ...hanako, assignedSalesId: 'sato' } },
        {
          type: 'customer.assigned',
          data: { customerId, assignedSalesId: 'sato', previousSalesId: null, cause: 'created' },
        },
      );
  });
  it('is written down once', () => given(decider, created).when(create).thenRefused('customer_exists'));

  it('differs from those from whom somebody has told them apart, which a file does not', () => {
    const [oneByOne, ofFile] = [{}, { importId: 'i1' }].map((more) =>
      decider.evolve(decider.initialState, {
        type: 'customer.created',
        data: { customerId, ...hanako, assignedSalesId: null, differsFrom: [other], ...more },
      }),
    );
    expect(oneByOne).toMatchObject({ differsFrom: [other] });
    expect(ofFile).toMatchObject({ status: 'active', differsFrom: [] });
  });

  it('is changed as a whole', () => {
    const { email: _email, ...rest } = hanako;
    given(decider, created, assigned('sato'))
      .when(update({ email: null, note: 'x' }))
      .then({
        type: 'customer.updated',
        data: { customerId, ...rest, email: null, note: 'x', assignedSalesId: 'sato', changed: ['email', 'note'] },
      });
  });
  it('is not changed by what holds already', () => given(decider, created).when(update({})).thenNothing());

  it.each<[string, readonly CustomerEvent[], 'customer_not_found' | 'customer_is_deleted' | 'customer_is_merged']>([
    ['nobody', [], 'customer_not_found'],
    ['somebody who was deleted', [created, deleted], 'customer_is_deleted'],
    ['somebody who was merged', [created, merged], 'customer_is_merged'],
  ])('that is %s is neither changed, assigned, claimed nor merged into', (_name, history, code) => {
    const merge = new RequestMerge(customerId, { mergeId: 'm', mergedCustomerId: 'c3', take: [] }, context);
    for (const command of [update({ note: 'x' }), assign('sato'), claim('sato'), merge]) {
      given(decider, ...history)
        .when(command)
        .thenRefused(code);
    }
  });
});

describe('deletion', () => {
  it('puts a customer away', () => given(decider, created).when(remove).then(deleted));
  it('does nothing a second time', () => given(decider, created, deleted).when(remove).thenNothing());
  it('needs a customer', () => given(decider).when(remove).thenRefused('customer_not_found'));
  it('is refused for a merged one', () =>
    given(decider, created, merged).when(remove).thenRefused('customer_is_merged'));
  it('waits for a merge to end', () => {
    given(decider, created, mergeRequested).when(remove).thenRefused('customer_is_merging');
    given(decider, created, mergeRequested, absorbed).when(remove).then(deleted);
  });
  it('is undone', () => given(decider, created, deleted).when(restore).then(restored));
  it('is undone once', () => given(decider, created, deleted, restored).when(restore).thenNothing());
  it('of nobody can not be undone', () => given(decider).when(restore).thenRefused('customer_not_found'));
  it('is not how a merge is undone', () =>
    given(decider, created, merged).when(restore).thenRefused('customer_is_merged'));
});

describe('who looks after a customer', () => {
  it('is decided', () => given(decider, created).when(assign('sato')).then(assigned('sato')));
  it('may be nobody', () => given(decider, created, assigned('sato')).when(assign(null)).then(assigned(null, 'sato')));
  it('stays', () => given(decider, created, assigned('sato')).when(assign('sato')).thenNothing());
  it('is left alone when somebody has decided meanwhile', () =>
    given(decider, created, assigned('ito')).when(assign('mori', 'sato')).thenNothing());
  it('passes on from the one who goes', () =>
    given(decider, created, assigned('sato')).when(assign('mori', 'sato')).then(assigned('mori', 'sato')));
  it('is whoever claims them first', () => {
    const data = { customerId, assignedSalesId: 'sato', previousSalesId: null, cause: 'claimed' } as const;
    given(decider, created).when(claim('sato')).then({ type: 'customer.assigned', data });
    given(decider, created, assigned('sato')).when(claim('ito')).thenRefused('customer_is_assigned');
    given(decider, created, assigned('sato')).when(claim('sato')).thenNothing();
  });
});

describe('a merge', () => {
  const request = (mergedCustomerId: string) =>
    new RequestMerge(customerId, { mergeId: 'm1', mergedCustomerId, take: ['phone'] }, context);
  const mergeInto = new MergeInto(customerId, { mergeId: 'm2', intoCustomerId: other }, context);
  const refused = (reason: 'gone' | 'merging'): CustomerEvent => ({
    type: 'customer.merge_refused',
    data: { customerId, intoCustomerId: other, mergeId: 'm2', reason },
  });
  const conclude = (gone: typeof hanako | undefined) => new ConcludeMerge(customerId, { mergeId: 'm1', gone }, context);

  it('is asked of the one who stays', () => given(decider, created).when(request(other)).then(mergeRequested));
  it('is asked once of the same two, and not again when it is done', () => {
    given(decider, created, mergeRequested).when(request(other)).thenRefused('customer_is_merging');
    given(decider, created, mergeRequested)
      .when(request('c3'))
      .then({
        type: 'customer.merge_requested',
        data: { customerId, mergeId: 'm1', mergedCustomerId: 'c3', take: ['phone'] },
      });
    given(decider, created, mergeRequested, absorbed).when(request(other)).thenRefused('customer_is_merged');
    given(decider, created, mergeRequested, absorbed, deleted, restored)
      .when(request(other))
      .thenRefused('customer_is_merged');
  });
  it('that was asked for twice before that was refused takes the other one in once', () => {
    const twice = { ...mergeRequested, data: { ...mergeRequested.data, mergeId: 'm2' } } as CustomerEvent;
    given(decider, created, mergeRequested, twice, absorbed)
      .when(new ConcludeMerge(customerId, { mergeId: 'm2', gone: hanako }, context))
      .then({ type: 'customer.merge_abandoned', data: { customerId, mergeId: 'm2', mergedCustomerId: other } });
  });
  it('takes two', () => given(decider, created).when(request(customerId)).thenRefused('merge_with_itself'));
  it('is decided by the one who goes', () => given(decider, created).when(mergeInto).then(merged));
  it('does not happen to who is gone', () => {
    given(decider, created, deleted).when(mergeInto).then(refused('gone'));
    given(decider, created, merged).when(mergeInto).then(refused('gone'));
  });
  it('does not happen to who takes another one in, so that two never become part of each other', () =>
    given(decider, created, mergeRequested).when(mergeInto).then(refused('merging')));
  it('of somebody unknown is refused', () => given(decider).when(mergeInto).thenRefused('customer_not_found'));

  it('fills what is not known, takes what was asked for, and nothing that was erased', () => {
    const gone = { ...hanako, email: '[erased]', phone: '03-1111-2222', note: 'vip', name: '佐藤' };
    const { phone: _phone, note: _note, ...rest } = hanako;
    given(decider, created, mergeRequested)
      .when(conclude(gone))
      .then(absorbed, {
        type: 'customer.updated',
        data: {
          customerId,
          ...rest,
          phone: '03-1111-2222',
          note: 'vip',
          assignedSalesId: null,
          changed: ['phone', 'note'],
        },
      });
    given(decider, created, mergeRequested).when(conclude(hanako)).then(absorbed);
  });
  it('is not asked of who was erased', () =>
    given(decider, erasedOne).when(request(other)).thenRefused('customer_is_erased'));
  it('writes nothing of who was erased meanwhile, and ends all the same', () => {
    given(decider, erasedOne, mergeRequested).when(conclude(hanako)).then(absorbed);
    given(decider, erasedOne, mergeRequested, absorbed).when(remove).then(deleted);
  });
  it('is given up when the other one stays', () =>
    given(decider, created, mergeRequested)
      .when(conclude(undefined))
      .then({ type: 'customer.merge_abandoned', data: { customerId, mergeId: 'm1', mergedCustomerId: other } }));
  it('ends once', () => given(decider, created, mergeRequested, absorbed).when(conclude(hanako)).thenNothing());
});
