import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
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

interface Received {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly data: { readonly environmentId: string } };
}

/** Opens a stream of server-sent events and collects what comes until the test ends. */
async function follow(path: string, lastEventId?: string): Promise<Received[]> {
  const abort = new AbortController();
  const headers = {
    authorization: `Bearer ${app.token({ roles: ['SALES'] })}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  const response = await fetch(app.url + path, { headers, signal: abort.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const received: Received[] = [];
  const reading = collect(response, received);
  onTestFinished(async () => {
    abort.abort();
    await reading.catch(() => undefined);
  });
  return received;
}

async function collect(response: Response, into: Received[]): Promise<void> {
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => [line.split(': ', 1)[0], line.replace(/^\w+: /, '')]));
      const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
      if (id && event && data) into.push({ id, event, data: JSON.parse(data) as Received['data'] });
    }
  }
}

function types(received: readonly Received[]): string[] {
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
