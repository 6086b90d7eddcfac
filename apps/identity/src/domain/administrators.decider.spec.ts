import { array, assert, constantFrom, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { AdministratorsEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  AddAdministrator,
  administratorsDecider as decider,
  administratorsId,
  RemoveAdministrator,
} from './administrators.decider.js';

const added = (userId: string, userRevision = 0): AdministratorsEvent => ({
  type: 'administrator.added',
  data: { userId, userRevision },
});
const removed = (userId: string, userRevision = 1): AdministratorsEvent => ({
  type: 'administrator.removed',
  data: { userId, userRevision },
});
const add = (userId: string, userRevision = 0) =>
  new AddAdministrator(administratorsId, { userId, userRevision }, testContext());
const remove = (userId: string, userRevision = 1) =>
  new RemoveAdministrator(administratorsId, { userId, userRevision }, testContext());

describe('adding an administrator', () => {
  it('takes them in', () => given(decider).when(add('sato')).then(added('sato')));
  it('does nothing a second time', () => given(decider, added('sato')).when(add('sato')).thenNothing());
  it('takes somebody in again', () =>
    given(decider, added('sato'), added('ito'), removed('sato')).when(add('sato', 2)).then(added('sato', 2)));
  it('does nothing when they were removed by a later change', () =>
    given(decider, added('sato'), added('ito'), removed('sato', 5)).when(add('sato', 4)).thenNothing());
  it('takes them in when the change that was to remove them gave way to another one', () =>
    given(decider, added('sato'), added('ito'), removed('sato', 5)).when(add('sato', 5)).then(added('sato', 5)));
  it('does nothing for somebody who was removed before revisions were recorded and got nothing new', () => {
    const old: AdministratorsEvent = { type: 'administrator.removed', data: { userId: 'sato' } };
    given(decider, added('sato'), added('ito'), old).when(add('sato', -1)).thenNothing();
  });
});

describe('removing an administrator', () => {
  it('is possible while another one stays', () =>
    given(decider, added('sato'), added('ito')).when(remove('sato')).then(removed('sato')));
  it('is recorded for somebody whose addition is still on its way', () =>
    given(decider, added('sato')).when(remove('ito', 4)).then(removed('ito', 4)));
  it('does nothing a second time', () =>
    given(decider, added('sato'), removed('ito', 4)).when(remove('ito', 4)).thenNothing());
  it('is refused for the last one', () =>
    given(decider, added('sato')).when(remove('sato')).thenRefused('last_administrator'));
  it('is refused for the last one who is left', () =>
    given(decider, added('sato'), added('ito'), removed('sato')).when(remove('ito')).thenRefused('last_administrator'));
  it('is refused while nobody is known', () => given(decider).when(remove('sato')).thenRefused('last_administrator'));
});

/** A process that knows the stream up to a revision, decides on that and appends only when nothing came between. */
interface Step {
  readonly process: number;
  readonly does: 'read' | 'add' | 'remove';
  readonly userId: string;
}

const users = ['sato', 'ito', 'mori', 'abe'];
const step = record<Step>({
  process: nat(2),
  does: constantFrom('read', 'add', 'remove'),
  userId: constantFrom(...users),
});

describe('whatever is done in whatever order', () => {
  it('leaves an administrator, once there was one', () => {
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const log: AdministratorsEvent[] = [];
        const known = [0, 0, 0];
        for (const { process, does, userId } of steps) {
          const revision = known[process] ?? 0;
          if (does === 'read') {
            known[process] = log.length;
            continue;
          }
          const state = log.slice(0, revision).reduce(decider.evolve, decider.initialState);
          const decision = decider.decide(does === 'add' ? add(userId, log.length) : remove(userId, log.length), state);
          // A process whose knowledge is old loses the race: the store takes nothing from it.
          if (decision instanceof Refusal || revision !== log.length) continue;
          log.push(...decision);
          known[process] = log.length;
          expect(membersAfter(log)).not.toEqual([]);
        }
      }),
    );
  });
});

/** Counted without the decider. */
function membersAfter(log: readonly AdministratorsEvent[]): readonly string[] {
  return users.filter((user) => log.findLast(({ data }) => data.userId === user)?.type === 'administrator.added');
}
