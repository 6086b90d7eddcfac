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

const added = (userId: string): AdministratorsEvent => ({ type: 'administrator.added', data: { userId } });
const removed = (userId: string): AdministratorsEvent => ({ type: 'administrator.removed', data: { userId } });
const add = (userId: string) => new AddAdministrator(administratorsId, { userId }, testContext());
const remove = (userId: string) => new RemoveAdministrator(administratorsId, { userId }, testContext());

describe('adding an administrator', () => {
  it('takes them in', () => given(decider).when(add('sato')).then(added('sato')));
  it('does nothing a second time', () => given(decider, added('sato')).when(add('sato')).thenNothing());
  it('takes somebody in again', () =>
    given(decider, added('sato'), added('ito'), removed('sato')).when(add('sato')).then(added('sato')));
});

describe('removing an administrator', () => {
  it('is possible while another one stays', () =>
    given(decider, added('sato'), added('ito')).when(remove('sato')).then(removed('sato')));
  it('does nothing for somebody who is none', () => given(decider, added('sato')).when(remove('ito')).thenNothing());
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
          const decision = decider.decide(does === 'add' ? add(userId) : remove(userId), state);
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
