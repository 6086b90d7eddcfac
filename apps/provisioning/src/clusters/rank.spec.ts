import { expect, it } from 'vitest';
import { type Candidate, rank } from './rank.js';

function candidate(id: string, changes: Partial<Candidate> = {}): Candidate {
  return { id, away: false, chosen: false, dedicated: false, ...changes };
}

function order(...candidates: Candidate[]): string[] {
  return rank(candidates).map(({ id }) => id);
}

it('takes the cluster with most room first, and one without a limit last', () => {
  expect(order(candidate('none'), candidate('one', { free: 1 }), candidate('many', { free: 9 }))).toEqual([
    'many',
    'one',
    'none',
  ]);
});

it('leaves out a cluster that is full, or more than full', () => {
  expect(order(candidate('full', { free: 0 }), candidate('over', { free: -2 }))).toEqual([]);
});

it('prefers what answers, and takes what is away before nothing', () => {
  const away = candidate('away', { free: 9, away: true });
  expect(order(away, candidate('here', { free: 1 }))).toEqual(['here', 'away']);
  expect(order(away)).toEqual(['away']);
});

it('stays with what was chosen for the environment, and then with what is there for it alone', () => {
  const chosen = candidate('chosen', { free: 1, chosen: true });
  const dedicated = candidate('dedicated', { dedicated: true });
  expect(order(candidate('many', { free: 9 }), dedicated, chosen)).toEqual(['chosen', 'dedicated', 'many']);
});

it('takes the first by name of two that are alike', () => {
  expect(order(candidate('b', { free: 3 }), candidate('a', { free: 3 }))).toEqual(['a', 'b']);
});
