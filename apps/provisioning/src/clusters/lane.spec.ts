import { expect, it } from 'vitest';
import { shareOf } from '../carry-out-steps/lanes.js';
import { Lane } from './lane.js';

const up = (): boolean => false;

it('is full when so many are in hand, and has room again when one has left', () => {
  const lane = new Lane(up);
  const [first] = [lane.enter(2, true), lane.enter(2, true)];
  expect(lane.enter(2, true)).toBeUndefined();
  expect(lane.inHand).toBe(2);
  first?.leave();
  expect(lane.enter(2, true)).toBeDefined();
  expect(lane.inHand).toBe(2);
});

it('keeps no places from another one when it is full', () => {
  const [busy, idle] = [new Lane(up), new Lane(up)];
  busy.enter(1, true);
  expect(busy.enter(1, true)).toBeUndefined();
  expect(idle.enter(1, true)).toBeDefined();
});

it('takes on what needs its cluster only while that answers', () => {
  let away = true;
  const lane = new Lane(() => away);
  expect(lane.enter(2, true)).toBeUndefined();
  expect(lane.enter(2, false)).toBeDefined();
  away = false;
  expect(lane.enter(2, true)).toBeDefined();
});

it.each([
  [0, 128],
  [1, 128],
  [2, 64],
  [3, 42],
  [8, 16],
  [40, 16],
])('with %i clusters takes on %i environments of one', (clusters, share) => {
  const lane = new Lane(up);
  for (let place = 0; place < share; place++) expect(lane.enter(shareOf(clusters), true)).toBeDefined();
  expect(lane.enter(shareOf(clusters), true)).toBeUndefined();
});
