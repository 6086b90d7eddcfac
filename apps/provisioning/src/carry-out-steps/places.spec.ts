import { expect, it } from 'vitest';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';
import { type Place, Places } from './places.js';

/** Names of those that were let in, in that order. */
function arrivals() {
  const places = new Places(2);
  const entered: string[] = [];
  const come = (name: string, step: EnvironmentStep = 'plan'): Place => {
    const place = places.place();
    void place.enter(step).then(() => entered.push(name));
    return place;
  };
  return { come, entered };
}

/** Lets everything run that needs no input. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets so many environments work at once, the others in their order', async () => {
  const { come, entered } = arrivals();
  const [first] = ['a', 'b', 'c', 'd'].map((name) => come(name));
  await settled();
  expect(entered).toEqual(['a', 'b']);
  first?.leave();
  first?.leave();
  await settled();
  expect(entered).toEqual(['a', 'b', 'c']);
});

it.each<EnvironmentStep>(['wait', 'smoke'])('takes no place from others during %s', async (step) => {
  const { come, entered } = arrivals();
  const [first, second] = ['a', 'b', 'c', 'd'].map((name) => come(name));
  await settled();
  come('woken again', step);
  await settled();
  expect(entered).toEqual(['a', 'b', 'woken again']);
  first?.leaveFor('apply');
  await settled();
  expect(entered).not.toContain('c');
  first?.leaveFor(step);
  second?.leaveFor(step);
  await settled();
  expect(entered).toEqual(['a', 'b', 'woken again', 'c', 'd']);
});
