import { expect, it } from 'vitest';
import { Availability } from './availability.js';
import { EventStoreNotAsked, EventStoreUnavailable } from './errors.js';

const away = new EventStoreUnavailable(new Error('no answer'));

it('lets everybody ask while the event store answers, whatever it answers', () => {
  const availability = new Availability();
  const [first, second] = [availability.ask(), availability.ask()];
  first();
  second(new Error('a lost race'));
  expect(() => availability.ask()).not.toThrow();
});

it('lets one ask at a time while it is away, and everybody once it has answered', () => {
  const availability = new Availability();
  availability.ask()(away);
  const probe = availability.ask();
  expect(() => availability.ask()).toThrow(EventStoreNotAsked);
  probe(away);
  const next = availability.ask();
  expect(() => availability.ask()).toThrow('The event store does not answer');
  next();
  availability.ask();
  expect(() => availability.ask()).not.toThrow();
});

it('takes the answer to an earlier question as a sign of life', () => {
  const availability = new Availability();
  const [earlier, failing] = [availability.ask(), availability.ask()];
  failing(away);
  earlier();
  availability.ask();
  expect(() => availability.ask()).not.toThrow();
});
