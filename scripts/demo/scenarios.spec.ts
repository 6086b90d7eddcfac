import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { passed, scenarioNamed, scenarios } from './scenarios.js';

it('lists the scenarios when asked for one that there is not', () => {
  expect(() => scenarioNamed('sunny')).toThrow(
    'Name one of happy, transient, configuration, quota, image, outage, amend, suspend, terminate, drift.',
  );
});

it('breaks the newest image of the plan that the demo sells', () => {
  const { orders } = scenarios.image;
  expect(orders.images[0].image).toBe(loadCatalogue().plans['enterprise']?.images[0]);
});

describe('events on the way', () => {
  it('stand in their order, with others between them', () => expect(passed(['a', 'b'], ['a', 'x', 'b'])).toBe(true));
  it('are missed when the order is another', () => expect(passed(['a', 'b'], ['b', 'a'])).toBe(false));
  it('may be none', () => expect(passed([], ['x'])).toBe(true));
});
