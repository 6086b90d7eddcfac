import { expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { RecordRefusal, refusedAccessDecider as decider } from './refused-access.decider.js';

const start = Date.parse('2026-01-05T09:00:00.000Z');
const at = (minute: number) => new Date(start + minute * 60_000).toISOString();
const attempt = { means: 'api_key', clientId: 'key-1', userId: null, reason: 'wrong_secret' } as const;
const refused = (minute: number) =>
  new RecordRefusal('api_key-key-1', attempt, testContext({ occurredAt: at(minute) }));

it('says what was refused and why', () => {
  given(decider)
    .when(refused(0))
    .then({ type: 'access.refused', data: { ...attempt, refusals: 1, quietUntil: at(0) } });
});

it('records nothing in a quiet time, and goes on after it', () => {
  const fifth = { type: 'access.refused', data: { ...attempt, refusals: 5, quietUntil: at(1) } } as const;
  given(decider, fifth).when(refused(0.5)).thenNothing();
  given(decider, fifth)
    .when(refused(1))
    .then({ type: 'access.refused', data: { ...attempt, refusals: 6, quietUntil: at(3) } });
});

it('counts anew after a day without any', () => {
  const tenth = { type: 'access.refused', data: { ...attempt, refusals: 10, quietUntil: at(32) } } as const;
  const day = 24 * 60;
  given(decider, tenth)
    .when(refused(32 + day - 0.001))
    .then({ type: 'access.refused', data: { ...attempt, refusals: 11, quietUntil: at(32 + day - 0.001 + 60) } });
  given(decider, tenth)
    .when(refused(32 + day))
    .then({ type: 'access.refused', data: { ...attempt, refusals: 1, quietUntil: at(32 + day) } });
});

it('records fewer and fewer of a stream that does not end', () => {
  let state = decider.initialState;
  let recorded = 0;
  // One in ten seconds, for a week.
  for (let second = 0; second < 7 * 86_400; second += 10) {
    const decision = decider.decide(refused(second / 60), state);
    if (decision instanceof Refusal) throw new Error(decision.detail);
    recorded += decision.length;
    state = decision.reduce(decider.evolve, state);
  }
  expect(recorded).toBe(177);
});
