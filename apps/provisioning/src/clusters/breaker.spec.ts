import { afterEach, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { Breaker } from './breaker.js';

const breakers: Breaker[] = [];
afterEach(() => breakers.splice(0).forEach((breaker) => breaker.stop()));

/** A breaker before a cluster that answers probes when it is told to. */
function clusterThatIsAway() {
  const seen = { answers: false, probes: 0, back: 0 };
  const breaker = new Breaker({
    probe: () => {
      seen.probes++;
      return seen.answers ? Promise.resolve() : Promise.reject(new Error('refused'));
    },
    back: () => seen.back++,
    firstMs: 1,
    longestMs: 2,
  });
  breakers.push(breaker);
  return { breaker, seen };
}

it('lets everything through until three requests in a row are not answered', () => {
  const { breaker } = clusterThatIsAway();
  for (let round = 0; round < 3; round++) {
    breaker.unanswered('refused', 5);
    breaker.unanswered('refused', 5);
    breaker.answered();
  }
  expect(breaker.closed).toBeUndefined();
  for (let request = 0; request < 3; request++) breaker.unanswered('refused', 5);
  expect(breaker.closed).toEqual({ since: expect.any(Date), why: 'refused' });
});

it('needs one request only that waited for long while nothing else was answered', () => {
  const { breaker } = clusterThatIsAway();
  breaker.answered();
  breaker.unanswered('no answer within 15 s', 15_000);
  expect(breaker.closed).toBeUndefined();
  const { breaker: other } = clusterThatIsAway();
  other.unanswered('no answer within 15 s', 15_000);
  expect(other.closed).toMatchObject({ why: 'no answer within 15 s' });
});

it('asks by probes until there is an answer, and tells so once', async () => {
  const { breaker, seen } = clusterThatIsAway();
  for (let request = 0; request < 5; request++) breaker.unanswered('refused', 5);
  await eventually(() => expect(seen.probes).toBeGreaterThan(3));
  expect({ ...seen, away: breaker.closed !== undefined }).toMatchObject({ back: 0, away: true });
  seen.answers = true;
  await eventually(() => expect(seen.back).toBe(1));
  expect(breaker.closed).toBeUndefined();
  expect(breaker.tripped).toBe(1);
});

it('trips anew after it was back', async () => {
  const { breaker, seen } = clusterThatIsAway();
  seen.answers = true;
  for (const trip of [1, 2]) {
    for (let request = 0; request < 3; request++) breaker.unanswered('refused', 5);
    await eventually(() => expect(seen.back).toBe(trip));
  }
  expect(breaker.tripped).toBe(2);
});

it('asks no more when the process stops', async () => {
  const { breaker, seen } = clusterThatIsAway();
  for (let request = 0; request < 3; request++) breaker.unanswered('refused', 5);
  await eventually(() => expect(seen.probes).toBeGreaterThan(0));
  breaker.stop();
  seen.answers = true;
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen.back).toBe(0);
});
