import { streamNameFilter } from '@eventstore/db-client';
import type { AllStreamRecordedEvent as RecordedEvent, Position } from '@eventstore/db-client';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { useFollowers } from './following.js';
import type { Followed } from './following.js';
import { collect, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const follow = useFollowers();
const streamCount = 3;

type Step =
  | { readonly kind: 'append'; readonly stream: number; readonly count: number; readonly waits: boolean }
  | { readonly kind: 'subscribe'; readonly to: number | 'all' | 'filtered'; readonly from: 'start' | 'end' | number };

const streamIndex = fc.nat(streamCount - 1);
const append = fc.record({
  kind: fc.constant('append' as const),
  stream: streamIndex,
  count: fc.integer({ min: 1, max: 40 }),
  waits: fc.boolean(),
});
const subscribe = fc.record({
  kind: fc.constant('subscribe' as const),
  to: fc.oneof(streamIndex, fc.constantFrom('all' as const, 'filtered' as const)),
  /** A number picks one of the places that were acknowledged before. */
  from: fc.oneof(fc.constantFrom('start' as const, 'end' as const), fc.nat(100)),
});
const script = fc.array(fc.oneof({ arbitrary: append, weight: 3 }, { arbitrary: subscribe, weight: 1 }), {
  minLength: 5,
  maxLength: 30,
}) as fc.Arbitrary<Step[]>;

interface Acknowledged {
  readonly stream: string;
  readonly revision: bigint;
  readonly position: Position;
}

interface Subscriber {
  readonly followed: Followed;
  readonly streams: readonly string[];
  readonly from: 'start' | 'end' | Acknowledged;
  /** Events of its streams that were written before it subscribed: one from the end gets none of them. */
  readonly before: number;
}

/** Appends of several streams under way at once, and subscribers that begin in between. */
class Run {
  readonly streams = Array.from({ length: streamCount }, () => newStream('property'));
  readonly acknowledged: Acknowledged[] = [];
  readonly subscribers: Subscriber[] = [];
  readonly #appends: Promise<void>[] = [];

  append(stream: string, count: number): Promise<void> {
    const appended = server.client
      .appendToStream(stream, newEvents(count))
      .then(({ nextExpectedRevision, position }) => {
        this.acknowledged.push({ stream, revision: nextExpectedRevision, position: position! });
      });
    this.#appends.push(appended);
    return appended;
  }

  subscribe(to: number | 'all' | 'filtered', start: 'start' | 'end' | number): void {
    const streams = typeof to === 'number' ? [this.streams[to]!] : to === 'all' ? this.streams : [this.streams[0]!];
    const places = this.acknowledged.filter(({ stream }) => typeof to !== 'number' || streams.includes(stream));
    const from = typeof start === 'number' ? (places[start % Math.max(1, places.length)] ?? 'start') : start;
    const acknowledged = this.acknowledged.filter(({ stream }) => streams.includes(stream));
    const before = streams
      .map((name) => acknowledged.filter(({ stream }) => stream === name).map(({ revision }) => Number(revision) + 1))
      .reduce((sum, counts) => sum + Math.max(0, ...counts), 0);
    this.subscribers.push({ followed: follow(this.#open(to, from, streams), streams), streams, from, before });
  }

  #open(to: number | 'all' | 'filtered', from: Subscriber['from'], [first]: readonly string[]) {
    const atStream = typeof from === 'string' ? from : from.revision;
    if (typeof to === 'number') return server.client.subscribeToStream(first!, { fromRevision: atStream });
    const filter = streamNameFilter({ prefixes: [first!], checkpointInterval: 1, maxSearchWindow: 10 });
    const atAll = typeof from === 'string' ? from : from.position;
    return server.client.subscribeToAll({ fromPosition: atAll, ...(to === 'filtered' && { filter }) });
  }

  /** One more event in every stream comes last, so that everybody is known to have everything. */
  async finish(): Promise<void> {
    await Promise.all(this.#appends);
    for (const stream of this.streams) await this.append(stream, 1);
  }

  async stop(): Promise<void> {
    await Promise.all(this.subscribers.map(({ followed }) => followed.stop()));
  }
}

/** Ids that the subscriber should have got by now, and how many there can be at most. */
function due({ followed, streams, from, before }: Subscriber, written: readonly RecordedEvent[]) {
  const ofStreams = written.filter(({ streamId }) => streams.includes(streamId));
  const idsOf = (events: readonly RecordedEvent[]) => events.map(({ id }) => id);
  if (from === 'start') return { ids: idsOf(ofStreams), most: ofStreams.length };
  // How many were written before it was there is not known, but they are the first ones.
  if (from === 'end') return { ids: idsOf(ofStreams.slice(-followed.ids.length)), most: ofStreams.length - before };
  return { ids: idsOf(ofStreams.filter(({ position }) => position.commit > from.position.commit)), most: Infinity };
}

it('every subscriber gets every event once and in order, and hears once that it caught up', async () => {
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const run = new Run();
      for (const step of steps) {
        if (step.kind === 'subscribe') run.subscribe(step.to, step.from);
        else {
          const appended = run.append(run.streams[step.stream]!, step.count);
          if (step.waits) await appended;
        }
      }
      for (const { followed } of run.subscribers) {
        await eventually(() => expect(followed.arrived).toContain('confirmation'));
      }
      await run.finish();
      const written = (await collect(server.client.readAll())).map(({ event }) => event!);
      for (const subscriber of run.subscribers) {
        const { followed, streams } = subscriber;
        const last = written.findLast(({ streamId }) => streams.includes(streamId))!.id;
        await eventually(() => expect(followed.ids.at(-1)).toBe(last), { timeoutMs: 20_000 });
        await eventually(() => expect(followed.arrived).toContain('caughtUp'));
        const { ids, most } = due(subscriber, written);
        expect(followed.ids).toEqual(ids);
        expect(followed.ids.length).toBeLessThanOrEqual(most);
        const told = followed.arrived.filter((what) => typeof what !== 'bigint');
        expect(told).toEqual(['confirmation', 'caughtUp']);
      }
      await run.stop();
    }),
    { numRuns: 15 },
  );
}, 180_000);
