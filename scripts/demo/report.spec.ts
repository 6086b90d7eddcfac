import { expect, it } from 'vitest';
import { endedAs } from './report.js';
import { scenarios } from './scenarios.js';

const { configuration } = scenarios;
const environment = { status: 'needs_attention', failureClass: 'configuration' };
const history = ['environment.requested', 'environment.needs_attention', 'environment.failed'];

it('finds a case as expected that ended so', () => {
  expect(endedAs(configuration, environment, history)).toBe(true);
  expect(endedAs(scenarios.happy, { status: 'ready', failureClass: null }, ['environment.ready'])).toBe(true);
});

it.each([
  ['another status', { ...environment, status: 'ready' }, history],
  ['another class of failure', { ...environment, failureClass: 'transient' }, history],
  ['no failure', { ...environment, failureClass: null }, history],
  ['an event that did not come', environment, history.slice(0, 2)],
  ['events in another order', environment, history.toReversed()],
])('finds a case not as expected with %s', (_what, ended, passed) => {
  expect(endedAs(configuration, ended, passed)).toBe(false);
});
