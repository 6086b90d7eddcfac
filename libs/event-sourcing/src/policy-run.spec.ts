import { expect, it } from 'vitest';
import { recorded } from '#libs/testing/src/given.js';
import type { CommitWork } from './group-commit.js';
import type { RecordedEvent } from './event.js';
import type { ParkedEvent, ParkedEvents } from './parked-events.js';
import { PolicyRun, type RunningPolicy } from './policy-run.js';
import type { SavedPosition } from './saved-position.js';

/** A policy whose parked events stand in memory, all under one key. `seen` holds what it was given, in its order. */
function started(events: readonly RecordedEvent[], poison: Set<string>) {
  const seen: string[] = [];
  const table = new Map<string, ParkedEvent>();
  const open = ({ state }: ParkedEvent): boolean => state === 'parked' || state === 'waiting';
  let oldest = 0;
  const put =
    (row: ParkedEvent): CommitWork =>
    async () =>
      void table.set(row.id, row);
  const parked: Partial<ParkedEvents> = {
    standing: async () => ([...table.values()].some(open) ? 'behind' : 'free'),
    find: async (id) => table.get(id),
    first: async () => {
      while (oldest < events.length && !open(table.get(events[oldest]!.id)!)) oldest++;
      return events[oldest] && table.get(events[oldest]!.id);
    },
    park: ({ id, stream, revision }, key, failure) =>
      put({ id, eventId: id, stream, revision, key, state: failure ? 'parked' : 'waiting' }),
    resolve: (row, state) => put({ ...row, state }),
  };
  const saved: Partial<SavedPosition> = { commit: async (_position, work) => work({} as never), pass: async () => {} };
  const policy: RunningPolicy = {
    name: 'bank/save',
    tries: 1,
    key: () => 'one',
    deliver: async ({ id }) => {
      if (poison.has(id)) throw new RangeError('No idea what to do.');
      seen.push(id);
    },
    read: async ({ revision }) => events[revision]!,
    parked: parked as ParkedEvents,
    saved: saved as SavedPosition,
  };
  return { run: new PolicyRun(policy, -1n), seen, table };
}

it('replays a parked event and the thousands that wait behind it, each once and in order', async () => {
  const data = { accountId: 'a', amount: 1 };
  const events = recorded(Array.from({ length: 6_000 }, () => ({ type: 'account.paid_in', data })));
  const [first] = events;
  const poison = new Set([first!.id]);
  const { run, seen, table } = started(events, poison);
  const { signal } = new AbortController();
  for (const event of events) await run.take(event, signal);
  await run.untilDone(signal);
  expect(seen).toEqual([]);
  expect(table.get(first!.id)).toMatchObject({ state: 'parked' });
  expect(table.get(events.at(-1)!.id)).toMatchObject({ state: 'waiting' });

  poison.clear();
  const decision = { ...first!, id: 'decision', type: 'parked_event.replay_requested', position: 10_000_000n };
  await run.decide(decision, first!.id, false, signal);
  await run.untilDone(signal);
  expect(seen).toEqual(events.map(({ id }) => id));
  expect(new Set([...table.values()].map(({ state }) => state))).toEqual(new Set(['replayed']));
  await run.stop();
});
