import { eventTypeFilter, excludeSystemEvents, streamNameFilter } from '@eventstore/db-client';
import type { AllStreamSubscription, Filter, Position } from '@eventstore/db-client';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const open: AllStreamSubscription[] = [];
const stream = newStream('alpha');
const other = newStream('beta');

beforeAll(async () => {
  await server.client.appendToStream(stream, [...newEvents(2, 'one.happened'), ...newEvents(2, 'two.happened')]);
  await server.client.appendToStream(other, newEvents(2, 'One.HAPPENED'));
  await server.client.setStreamMetadata(stream, { owner: 'tests' });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((subscription) => subscription.unsubscribe()));
});

describe('a filter', () => {
  it.each<{ title: string; filter: Filter; expected: string[] }>([
    {
      title: 'type prefix',
      filter: eventTypeFilter({ prefixes: ['one.'] }),
      expected: ['one.happened', 'one.happened'],
    },
    {
      title: 'several type prefixes',
      filter: eventTypeFilter({ prefixes: ['two', 'One'] }),
      expected: ['two.happened', 'two.happened', 'One.HAPPENED', 'One.HAPPENED'],
    },
    {
      title: 'type expression',
      filter: eventTypeFilter({ regex: '^t.o' }),
      expected: ['two.happened', 'two.happened'],
    },
    {
      title: 'unanchored expression, case counts',
      filter: eventTypeFilter({ regex: 'HAPP' }),
      expected: ['One.HAPPENED', 'One.HAPPENED'],
    },
    {
      title: 'stream prefix',
      filter: streamNameFilter({ prefixes: [other] }),
      expected: ['One.HAPPENED', 'One.HAPPENED'],
    },
    {
      title: 'stream expression',
      filter: streamNameFilter({ regex: `^${other}$` }),
      expected: ['One.HAPPENED', 'One.HAPPENED'],
    },
    { title: 'metadata stream', filter: streamNameFilter({ prefixes: [`$$${stream}`] }), expected: ['$metadata'] },
    {
      title: 'no system events',
      filter: excludeSystemEvents(),
      expected: ['one.happened', 'one.happened', 'two.happened', 'two.happened', 'One.HAPPENED', 'One.HAPPENED'],
    },
  ])('lets through what it names: $title', async ({ filter, expected }) => {
    const types: string[] = [];
    let caughtUp = false;
    const subscription = server.client.subscribeToAll({ filter }).on('caughtUp', () => (caughtUp = true));
    open.push(subscription);
    subscription.on('data', ({ event }) => {
      if (event!.streamId.endsWith(stream) || event!.streamId === other) types.push(event!.type);
    });
    await eventually(() => expect(caughtUp).toBe(true));
    expect(types).toEqual(expected);
  });

  it('refuses an expression that is none', async () => {
    const subscription = server.client.subscribeToAll({ filter: eventTypeFilter({ regex: '(' }) });
    const failed = new Promise<Error>((resolve) => subscription.on('error', resolve));
    expect((await failed).message).not.toBe('');
  });
});

describe('checkpoints', () => {
  const checkpointsOf = (filter: Parameters<typeof eventTypeFilter>[0]) => {
    const seen: Position[] = [];
    let matched = 0;
    const subscription = server.client.subscribeToAll({
      fromPosition: 'start',
      filter: eventTypeFilter({
        ...filter,
        checkpointReached: (_subscription, position) => {
          seen.push(position);
        },
      }),
    });
    open.push(subscription);
    subscription.on('data', () => (matched += 1));
    return { seen, matched: () => matched };
  };

  it('come at going live and then every so many events, before the last event is handled', async () => {
    const type = newStream('counted');
    await server.client.appendToStream(newStream(), newEvents(8, type));
    let caughtUp = false;
    let checkpoints = 0;
    let atLast: number | undefined;
    let matched = 0;
    const filter = eventTypeFilter({
      prefixes: [type],
      checkpointInterval: 2,
      maxSearchWindow: 32,
      checkpointReached: () => {
        checkpoints += 1;
      },
    });
    const subscription = server.client.subscribeToAll({ filter }).on('caughtUp', () => (caughtUp = true));
    open.push(subscription);
    subscription.on('data', () => {
      matched += 1;
      if (matched === 384) atLast = checkpoints;
    });
    await eventually(() => expect(caughtUp).toBe(true));
    await server.client.appendToStream(newStream(), newEvents(376, type));
    await eventually(() => expect(atLast).toBeDefined());
    expect(atLast).toBeGreaterThanOrEqual(6);
    expect(atLast).toBeLessThanOrEqual(7);
  });

  it('come although nothing matches, and never go back', async () => {
    const { seen, matched } = checkpointsOf({
      prefixes: ['nothing-is-called-so'],
      checkpointInterval: 1,
      maxSearchWindow: 10,
    });
    const { position } = await server.client.appendToStream(newStream(), newEvents(95));
    await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(9));
    const commits = seen.map(({ commit }) => commit);
    expect(commits).toEqual([...new Set(commits)].toSorted((a, b) => Number(a - b)));
    expect(commits.at(-1)).toBeLessThanOrEqual(position!.commit);
    expect(matched()).toBe(0);
  });

  it('name a place to go on from', async () => {
    const { seen } = checkpointsOf({ prefixes: ['nothing-is-called-so'], checkpointInterval: 1, maxSearchWindow: 5 });
    await eventually(() => expect(seen.length).toBeGreaterThan(0));
    const target = newStream();
    const ids: string[] = [];
    const subscription = server.client.subscribeToAll({ fromPosition: seen.at(-1)! });
    open.push(subscription);
    subscription.on('data', ({ event }) => ids.push(event!.streamId));
    await server.client.appendToStream(target, newEvents(1));
    await eventually(() => expect(ids).toContain(target));
  });
});
