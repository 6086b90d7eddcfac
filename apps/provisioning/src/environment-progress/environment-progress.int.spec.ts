import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import type { CostPage } from '../environment-cost/environment-cost.dto.js';
import { daysOfMonth, japaneseDay } from '../environment-cost/japanese-day.js';
import type { DashboardView, StateCount } from '../environment-dashboard/dashboard.dto.js';
import {
  contract,
  environmentIdOf,
  inStatus,
  type ProvisioningApp,
  sign,
  startProvisioningApp,
  typesOf,
} from '../spec-provisioning.js';

let app: ProvisioningApp;

beforeAll(async () => {
  app = await startProvisioningApp();
});

afterAll(() => app.close());

interface Received<Data = { readonly data: { readonly environmentId: string } }> {
  readonly id: string;
  readonly event: string;
  readonly data: Data;
}

/** Opens a stream of server-sent events and collects what comes until the test ends. */
async function follow<Data = Received['data']>(
  path: string,
  lastEventId?: string,
  token = app.token({ roles: ['SALES'] }),
  ended?: () => void,
): Promise<Received<Data>[]> {
  const abort = new AbortController();
  const headers = {
    authorization: `Bearer ${token}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  const response = await fetch(app.url + path, { headers, signal: abort.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const received: Received<Data>[] = [];
  const reading = collect(response, received).then(ended);
  onTestFinished(async () => {
    abort.abort();
    await reading.catch(() => undefined);
  });
  return received;
}

async function collect<Data>(response: Response, into: Received<Data>[]): Promise<void> {
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => [line.split(': ', 1)[0], line.replace(/^\w+: /, '')]));
      const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
      if (id && event && data) into.push({ id, event, data: JSON.parse(data) as Data });
    }
  }
}

function types(received: readonly Received<unknown>[]): string[] {
  return received.map(({ event }) => event);
}

describe('the events of one environment', () => {
  it('begin with its history and go on live, each once', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    await eventually(async () => expect(await typesOf(app, id)).toContain('environment.requested'));
    const received = await follow(`/api/environments/${id}/events`);
    await eventually(() => expect(types(received)).toContain('environment.ready'), { timeoutMs: 30_000 });
    expect(types(received)).toEqual(await typesOf(app, id));
    expect(JSON.stringify(received)).not.toContain(signed.company.email);
  });

  it('go on after Last-Event-ID', async () => {
    const id = await sign(app, contract());
    await inStatus(app, id, 'ready');
    const stored = await app.events(`environment-${id}`);
    const [third, rest] = [stored[2], stored.slice(3)];
    const received = await follow(`/api/environments/${id}/events`, third?.position.toString());
    await eventually(() => expect(types(received)).toEqual(rest.map(({ type }) => type)));
    expect(received.map((each) => each.id)).toEqual(rest.map(({ position }) => position.toString()));
  });
});

describe('the events of all environments', () => {
  it('end with the token, and go on with another one after Last-Event-ID', async () => {
    const token = app.token({ roles: ['SALES'], sign: { expiresIn: '1s' } });
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const start = await app.store.head();
    await follow('/api/environments/events', start.toString(), token, resolve);
    await ended;
    const id = await sign(app, contract());
    await inStatus(app, id, 'ready');
    const received = await follow('/api/environments/events', start.toString());
    await eventually(async () => expect(types(received)).toEqual(await typesOf(app, id)));
  });

  it('come from now on', async () => {
    const before = await sign(app, contract());
    await inStatus(app, before, 'ready');
    const received = await follow('/api/environments/events');
    const after = await sign(app, contract());
    await eventually(() => expect(types(received)).toContain('environment.ready'), { timeoutMs: 30_000 });
    expect(new Set(received.map(({ data }) => data.data.environmentId))).toEqual(new Set([after]));
    expect(types(received)).toEqual(await typesOf(app, after));
  });

  it('go on after Last-Event-ID', async () => {
    const signed = contract();
    const position = await app.store.head();
    await sign(app, signed);
    await inStatus(app, environmentIdOf(signed), 'ready');
    const received = await follow('/api/environments/events', position.toString());
    await eventually(async () => expect(types(received)).toEqual(await typesOf(app, environmentIdOf(signed))));
  });
});

it.each(['abc', '-1', '99999999999999999'])('a Last-Event-ID like %s is refused', async (position) => {
  const answer = await app.request('/api/environments/events', {
    role: 'SALES',
    headers: { 'last-event-id': position },
  });
  expect(answer).toMatchObject({ status: 400, body: { code: 'unknown_event_position' } });
});

describe('the dashboard', () => {
  it('tells where environments are, how long they took, how many failed and what they cost', async () => {
    await inStatus(app, await sign(app, contract()), 'ready');
    await eventually(async () => {
      const { body } = await app.request<DashboardView>('/api/environments/dashboard', { role: 'SALES' });
      const ready = body.states.find(({ status }) => status === 'ready')?.count ?? 0;
      expect(body.states).toEqual([
        {
          status: 'ready',
          step: null,
          count: ready,
          since: expect.any(String),
          over5Minutes: 0,
          over30Minutes: 0,
          over2Hours: 0,
        },
      ]);
      expect(body.failureRate).toMatchObject({ ended: ready, failed: 0, percent: 0, exceeded: false });
      const here = { plan: 'starter', region: 'ap-northeast-1' };
      const times = { builds: ready, p50Seconds: expect.any(Number), p95Seconds: expect.any(Number) };
      expect(body.buildTimes).toEqual({ days: 30, groups: [{ ...here, ...times }] });
      expect(body.prices).toEqual([{ ...here, service: 'running', environments: ready, amount: 17_800 * ready }]);
    });
  });

  it('sends every part, and then what changes', async () => {
    const before = await app.store.head();
    const [received, resumed] = [
      await follow<unknown>('/api/environments/dashboard/events'),
      await follow<unknown>('/api/environments/dashboard/events', before.toString()),
    ];
    const parts = ['states', 'oldest', 'failureRate', 'buildTimes', 'prices'];
    await eventually(() => expect(types(received).slice(0, 5)).toEqual(parts));
    expect(resumed).toEqual([]);
    const [first] = received as Received<StateCount[]>[];
    const readyIn = (states: readonly StateCount[]) => states.find(({ status }) => status === 'ready')?.count ?? 0;
    await sign(app, contract());
    for (const stream of [received, resumed]) {
      await eventually(
        () => {
          const last = stream.findLast(({ event }) => event === 'states') as Received<StateCount[]> | undefined;
          expect(readyIn(last?.data ?? [])).toBe(readyIn(first!.data) + 1);
          expect(BigInt(last!.id)).toBeGreaterThan(before);
        },
        { timeoutMs: 30_000 },
      );
    }
    expect(types(resumed).slice(0, 5)).toEqual(parts);
  });

  it('stands in the metrics', async () => {
    await inStatus(app, await sign(app, contract()), 'ready');
    await eventually(async () => {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      expect(text).toMatch(/^environments\{status="ready",step=""\} \d+$/m);
      expect(text).toMatch(/^environment_build_seconds\{plan="starter",region="ap-northeast-1",quantile="0.95"\} \d/m);
      expect(text).toMatch(/^environment_failure_ratio 0$/m);
    });
  });
});

describe('the costs of a month', () => {
  const costs = (query: string) => app.request<CostPage>(`/api/environments/costs?${query}`, { role: 'SALES' });

  it('are those of each customer by the day, page by page', async () => {
    const [signed, other] = [contract(), contract()];
    for (const each of [signed, other]) await inStatus(app, await sign(app, each), 'ready');
    const [today, { contractId, externalId }] = [japaneseDay(new Date()), signed];
    const month = today.slice(0, 7);
    const amount = Math.round(17_800 / daysOfMonth(month).count);
    const one = await eventually(async () => {
      const { body } = await costs(`contractId=${contractId}&total=true`);
      expect(body.items).toHaveLength(1);
      return body;
    });
    const { items, ...page } = one;
    expect(page).toEqual({ month, currency: 'JPY', next: null, totalAmount: amount });
    expect(items[0]).toMatchObject({ contractId, externalId, amount, lines: [{ from: today, to: today, days: 1 }] });

    await eventually(async () => {
      expect((await costs(`contractId=${other.contractId}`)).body.items).toHaveLength(1);
    });
    const first = (await costs('limit=1')).body;
    const second = (await costs(`limit=1&cursor=${first.next}`)).body;
    const [a, b] = [first.items[0]!.externalId, second.items[0]!.externalId];
    expect([a, b]).toEqual([a, b].toSorted());
    expect((await costs('month=2020-01')).body.items).toEqual([]);
  });

  it('are refused for what is no month', async () => {
    expect(await costs('month=2026-13')).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ pointer: '/month', detail: 'Month must be like 2026-01.' }] },
    });
  });
});
