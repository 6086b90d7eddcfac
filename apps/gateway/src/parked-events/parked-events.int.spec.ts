import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeCursor } from '#libs/http/src/paging.js';
import { serviceNames, type ServiceName } from '../route-table.js';
import { type SpecGateway, startSpecGateway } from '../spec-gateway.js';

interface Parked {
  readonly id: string;
  readonly position: string;
}

const parked: Partial<Record<ServiceName, readonly Parked[]>> = {
  contract: [
    { id: id(1), position: '9' },
    { id: id(4), position: '1000' },
  ],
  notification: [
    { id: id(2), position: '20' },
    { id: id(3), position: '30' },
  ],
};

function id(number: number): string {
  return `00000000-0000-4000-8000-00000000000${number}`;
}

let spec: SpecGateway;
let services: SpecGateway['services'];

beforeAll(async () => {
  spec = await startSpecGateway();
  services = spec.services;
  for (const name of serviceNames) answerAsServiceDoes(name);
  await spec.gateway.init();
});

afterAll(() => spec?.stop());

/** Pages of `limit` events, and 404 for an id that it has not. */
function answerAsServiceDoes(name: ServiceName): void {
  const events = parked[name] ?? [];
  services[name].answer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://service');
    const [found] = events.filter(({ id }) => pathname.includes(id));
    const send = (status: number, type: string, body: object): void =>
      void response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(body));
    if (pathname === '/api/policies/parked') {
      const limit = Number(searchParams.get('limit'));
      const sorted = searchParams.get('sort') === '-position' ? events.toReversed() : events;
      const items = sorted.slice(0, limit);
      return send(200, 'application/json', {
        items,
        next: sorted.length > limit ? 'more' : null,
        total: events.length,
      });
    }
    if (found) return send(200, 'application/json', { ...found, method: request.method });
    const problem = { code: 'parked_event_not_found', status: 404, title: 'Not found', detail: 'There is none.' };
    return send(404, 'application/problem+json', problem);
  });
}

const ask = (path: string, method: 'GET' | 'POST' = 'GET', role: 'ADMIN' | 'SALES' = 'ADMIN') =>
  spec.gateway.inject({ method, url: `/api/policies/parked${path}`, headers: spec.issuer.bearer({ roles: [role] }) });

it('lists those of all services in the order of the log, page by page', async () => {
  const ids = (items: readonly Parked[]): string[] => items.map((event) => event.id);
  const first = (await ask('?limit=3&total=true')).json<{ items: Parked[]; next: string; total: number }>();
  expect(ids(first.items)).toEqual([id(1), id(2), id(3)]);
  expect(first.total).toBe(4);
  expect(first.next).toBe(encodeCursor('position', '30', id(3)));
  const all = (await ask('?limit=4')).json<{ items: Parked[]; next: string | null }>();
  expect([ids(all.items), all.next]).toEqual([[id(1), id(2), id(3), id(4)], null]);
  const newest = (await ask('?limit=1&sort=-position')).json<{ items: Parked[] }>();
  expect(ids(newest.items)).toEqual([id(4)]);
});

it('sends a decision to the service that has the event', async () => {
  const answer = await ask(`/${id(2)}/replay`, 'POST');
  expect(answer.json()).toEqual({ id: id(2), position: '20', method: 'POST' });
  const posts = Object.values(services).flatMap(({ requests }) => requests.filter(({ method }) => method === 'POST'));
  expect(posts.map(({ url }) => url)).toEqual([`/api/policies/parked/${id(2)}/replay`]);
  expect((await ask(`/${id(3)}`)).json()).toMatchObject({ id: id(3) });
  const unknown = await ask(`/${id(9)}`);
  expect([unknown.statusCode, unknown.json()]).toMatchObject([404, { code: 'parked_event_not_found' }]);
});

it('asks only whom it must, and nobody for who may not', async () => {
  expect((await ask('', 'GET', 'SALES')).json()).toMatchObject({ code: 'permission_denied' });
  const before = services.contract.requests.length;
  await ask('?policy=notification/attempt-deliveries');
  expect(services.contract.requests).toHaveLength(before);
});

it('names the service that is missing from the list, and lists the others alone', async () => {
  services.contract.take((request) => void request.socket.destroy());
  const missing = await ask('');
  expect([missing.statusCode, missing.json()]).toMatchObject([
    503,
    { code: 'service_unavailable', service: 'contract' },
  ]);
  expect((await ask(`/${id(1)}`)).json()).toMatchObject({ code: 'service_unavailable', service: 'contract' });
  expect((await ask(`/${id(2)}`)).statusCode).toBe(200);
  expect((await ask('?policy=notification/attempt-deliveries')).statusCode).toBe(200);
  answerAsServiceDoes('contract');
});
