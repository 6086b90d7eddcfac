import { Controller, Module } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Payload } from '@nestjs/microservices';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { Policy } from '#libs/event-sourcing/src/policy.js';
import { Reserve, reservationDecider, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import type { ReservationEvents } from '#libs/events/src/reservation.js';
import type { Readiness } from '#libs/http/src/health.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp, type TestResponse } from '#libs/testing/src/test-app.js';
import type { ParkedEventPage, ParkedEventView } from './parked-events.dto.js';

type Made = RecordedEvent<{ type: 'reservation.made'; data: ReservationEvents['reservation.made'] }>;

/** Keys that the policies can't handle, and those that they have handled, each with the policy's context. */
const poison = new Set<string>();
const handled: string[] = [];

function handle(context: string, { data }: Made): void {
  if (poison.has(data.key)) throw new RangeError(`Nobody may read ${data.key} or hanako@example.com.`);
  handled.push(`${context} ${data.key}`);
}

const options = {
  on: ['reservation.made'],
  key: ({ data }: RecordedEvent) => (data as Made['data']).scope,
  startFrom: 'beginning',
  tries: 1,
} as const;

@Controller()
class NorthPolicy {
  @Policy('north/note', options)
  async handle(@Payload() event: Made): Promise<void> {
    handle('north', event);
  }
}

@Controller()
class SouthPolicy {
  @Policy('south/note', options)
  async handle(@Payload() event: Made): Promise<void> {
    handle('south', event);
  }
}

@Module({
  imports: [
    contextDatabase({ context: 'north', entities: [] }),
    EventSourcingModule.forContext({ context: 'north', aggregates: [aggregate(reservationDecider, [Reserve])] }),
  ],
  controllers: [NorthPolicy],
})
class NorthModule {}

@Module({
  imports: [contextDatabase({ context: 'south', entities: [] }), EventSourcingModule.forContext({ context: 'south' })],
  controllers: [SouthPolicy],
})
class SouthModule {}

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [NorthModule, SouthModule], contexts: ['north', 'south'] });
}, 60_000);

afterAll(() => app?.close());

afterEach(() => poison.clear());

/** Each test has a scope of its own: the key of its events. */
async function reserve(scope: string, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    const data = { scope, key, owner: 'spec', expiresAt: '2026-01-05T09:10:00.000Z' };
    const command = new Reserve(reservationTarget(scope, key), data, testContext({ commandId: freshId() }));
    await app.app.get(CommandBus).execute(command);
  }
}

async function parkedOf(scope: string, query = ''): Promise<readonly ParkedEventView[]> {
  const path = `/api/policies/parked?limit=200&${query}`;
  const { status, body } = await app.request<ParkedEventPage>(path, { role: 'COMPLIANCE' });
  expect(status).toBe(200);
  return body.items.filter(({ key }) => key === scope);
}

const states = async (scope: string, query?: string): Promise<string[]> =>
  (await parkedOf(scope, query)).map(({ policy, state }) => `${policy} ${state}`);

/** Parks the first of some events in both contexts and answers the one of `north`. */
async function park(scope: string, first: string, ...behind: readonly string[]): Promise<ParkedEventView> {
  poison.add(first);
  await reserve(scope, first, ...behind);
  return eventually(async () => {
    const found = await parkedOf(scope);
    expect(found).toHaveLength(2 * (1 + behind.length));
    return found.find(({ policy, state }) => policy === 'north/note' && state === 'parked')!;
  });
}

const decide = (id: string, what: 'replay' | 'skip', key?: string): Promise<TestResponse<ProblemBody>> =>
  app.request(`/api/policies/parked/${id}/${what}`, {
    method: 'POST',
    role: 'OPERATOR',
    ...(key !== undefined && { headers: { 'Idempotency-Key': key } }),
  });

describe('parked events', () => {
  it('are listed over all contexts in the order of the log, with why and without what was in the message', async () => {
    const parked = await park('listed', 'l1', 'l2');
    expect(await states('listed')).toEqual(
      expect.arrayContaining(['north/note parked', 'south/note parked', 'north/note waiting', 'south/note waiting']),
    );
    const all = await parkedOf('listed');
    expect(all.map(({ position }) => BigInt(position))).toEqual(
      all.map(({ position }) => BigInt(position)).toSorted((a, b) => (a < b ? -1 : 1)),
    );
    expect(parked).toMatchObject({ eventType: 'reservation.made', stream: 'unique-listed-l1', revision: 0, tries: 1 });
    expect(parked.reason).toMatch(/^RangeError at handle \(libs\/policies\/src\/parked-events\.int\.spec\.ts:\d+\)$/);
    const one = await app.request(`/api/policies/parked/${parked.id}`, { role: 'OPERATOR' });
    expect(one.body).toEqual(parked);
  });

  it('come page by page, each once, from either end', async () => {
    await park('paged', 'p1', 'p2', 'p3');
    for (const sort of ['position', '-position']) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const path = `/api/policies/parked?limit=2&sort=${sort}&total=true${cursor && `&cursor=${cursor}`}`;
        const { body } = await app.request<ParkedEventPage>(path, { role: 'OPERATOR' });
        seen.push(...body.items.map(({ id }) => id));
        expect(body.total).toBeGreaterThanOrEqual(6);
        cursor = body.next ?? '';
      } while (cursor);
      expect(new Set(seen).size).toBe(seen.length);
      for (const { id } of await parkedOf('paged')) expect(seen).toContain(id);
    }
  });

  it('are filtered by policy and state', async () => {
    await park('filtered', 'f1', 'f2');
    expect(await states('filtered', 'policy=south/note')).toEqual(['south/note parked', 'south/note waiting']);
    expect(await states('filtered', 'state=parked')).toHaveLength(2);
    expect(await states('filtered', 'state=replayed')).toEqual([]);
  });

  it('are replayed by an operator, with those behind them, and say who did it', async () => {
    const parked = await park('replayed', 'r1', 'r2');
    poison.clear();
    const { status, headers, body } = await decide(parked.id, 'replay', 'once');
    expect([status, headers.get('X-Event-Position')]).toEqual([
      202,
      (body as unknown as { position: string }).position,
    ]);
    await eventually(() => expect(handled.filter((each) => /^north r\d/.test(each))).toEqual(['north r1', 'north r2']));
    await eventually(async () => {
      const resolved = await parkedOf('replayed', 'state=replayed&policy=north/note');
      expect(resolved.map(({ resolvedBy }) => resolvedBy)).toEqual(['test-operator', 'test-operator']);
    });
    expect(await states('replayed')).toEqual(['south/note parked', 'south/note waiting']);
    const [event] = await app.events(`parked_event-${parked.id}`);
    expect(event).toMatchObject({
      type: 'parked_event.replay_requested',
      data: { parkedEventId: parked.id, policy: 'north/note', eventId: parked.eventId },
      metadata: { actor: { id: 'test-operator', role: 'OPERATOR' } },
    });

    // The same request again is the same answer; another one comes too late.
    expect((await decide(parked.id, 'replay', 'once')).body).toEqual(body);
    expect(await decide(parked.id, 'replay')).toMatchObject({ status: 409, body: { code: 'parked_event_replayed' } });
    expect(await app.events(`parked_event-${parked.id}`)).toHaveLength(1);
  });

  it('are skipped by an operator; the policy goes on without them', async () => {
    const parked = await park('skipped', 's1', 's2');
    expect((await decide(parked.id, 'skip')).status).toBe(202);
    await eventually(() => expect(handled).toContain('north s2'));
    expect(handled).not.toContain('north s1');
    await eventually(async () => {
      const { body } = await app.request<ParkedEventView>(`/api/policies/parked/${parked.id}`, { role: 'COMPLIANCE' });
      expect(body).toMatchObject({ state: 'skipped', resolvedBy: 'test-operator' });
    });
    expect(await decide(parked.id, 'replay')).toMatchObject({ status: 409, body: { code: 'parked_event_skipped' } });
  });

  it('that wait behind another are not decided about', async () => {
    await park('waiting', 'w1', 'w2');
    const waiting = (await parkedOf('waiting')).find(({ state }) => state === 'waiting')!;
    for (const what of ['replay', 'skip'] as const) {
      expect(await decide(waiting.id, what)).toMatchObject({ status: 409, body: { code: 'parked_event_waits' } });
    }
  });

  it('of a policy that the program no longer has are not decided about', async () => {
    const parked = await park('gone', 'g1');
    const north = app.app.get<DataSource>(getDataSourceToken('north'));
    await north.query(`update policy_parked_events set policy = 'north/old' where id = $1`, [parked.id]);
    expect(await decide(parked.id, 'skip')).toMatchObject({ status: 409, body: { code: 'policy_not_declared' } });
  });

  it('that do not exist are not found, and bad input is told', async () => {
    expect(await decide(freshId(), 'replay')).toMatchObject({ status: 404, body: { code: 'parked_event_not_found' } });
    const read = (path: string): Promise<TestResponse<ProblemBody>> =>
      app.request(`/api/policies/parked${path}`, { role: 'OPERATOR' });
    expect(await read(`/${freshId()}`)).toMatchObject({ status: 404, body: { code: 'parked_event_not_found' } });
    expect(await read('/nonsense')).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(await read('?state=lost')).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(await read('?sort=reason')).toMatchObject({ status: 400, body: { code: 'unknown_sort' } });
    expect(await read('?cursor=nonsense')).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  });

  it('are for operators and administrators; COMPLIANCE reads', async () => {
    const path = `/api/policies/parked/${freshId()}/replay`;
    for (const role of ['COMPLIANCE', 'SALES', 'SERVICE'] as const) {
      expect((await app.request(path, { method: 'POST', role })).status).toBe(403);
    }
    expect((await app.request('/api/policies/parked', { role: 'SALES' })).status).toBe(403);
    expect((await app.request('/api/policies/parked')).status).toBe(401);
  });

  it('are counted for Prometheus and shown by /ready, which stays ready', async () => {
    await park('counted', 'c1');
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toMatch(/policy_parked_events\{policy="south\/note",state="parked"\} [1-9]/);
    expect(metrics).toMatch(/policy_oldest_unhandled_event_seconds\{policy="south\/note"\} [1-9]/);
    const { status, body } = await app.request<Readiness>('/ready');
    expect(status).toBe(200);
    const { policies } = body.checks['parked-events']!.detail as { policies: { policy: string; parked: number }[] };
    expect(policies.find(({ policy }) => policy === 'south/note')?.parked).toBeGreaterThan(0);
  });
});
