/** Sends every command of the OpenAPI document twice with one Idempotency-Key, one after the other and at once. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { allOf } from '#libs/testing/src/crowd.js';
import type { TestApp, TestRequest, TestResponse } from '#libs/testing/src/test-app.js';
import type { DocumentedOperation } from './access-walk.js';
import { type Command, examples } from './command-examples.js';
import { leftOut } from './commands-left-out.js';
import { Workplace } from './workplace.js';

/** Of an answer, what a caller goes by. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | null>>;
}

/** Most of the time goes into waiting. */
const sideBySide = 4;
const headersOfAnswer = ['etag', 'x-event-position', 'location'];

/** `POST /api/customers`, for every operation that may change something. */
export function commandRoutes(operations: readonly DocumentedOperation[]): string[] {
  return operations
    .filter(({ method }) => method !== 'get')
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
}

/** A line for each command that is unlike what it was the first time, has no example, or is not there any more. */
export async function wronglyRepeated(app: TestApp, routes: readonly string[]): Promise<string[]> {
  const known = [...Object.keys(examples), ...Object.keys(leftOut)];
  const unknown = [
    ...routes.filter((route) => !known.includes(route)).map((route) => `${route} has no example`),
    ...known.filter((route) => !routes.includes(route)).map((route) => `${route} is no route any more`),
  ];
  const place = new Workplace(app);
  const walks = Object.entries(examples).map(
    ([route, example]) =>
      () =>
        wrongOf(app, route, () => example(place)),
  );
  return [...unknown, ...(await allOf(walks, sideBySide)).flat()];
}

async function wrongOf(app: TestApp, route: string, example: () => Promise<Command>): Promise<string[]> {
  const inTurn = await repeated(app, route, await example(), async (send) => [await send(), await send()]);
  const atOnce = await repeated(app, route, await example(), (send) => Promise.all([send(), send()]));
  // Both examples are alike, so what the second one does shows whether it was done once.
  const alike = isDeepStrictEqual(atOnce.effects, inTurn.effects);
  return [
    ...(inTurn.effects.length === 0 ? ['appends nothing'] : []),
    ...inTurn.wrong.map((line) => `one after the other: ${line}`),
    ...atOnce.wrong.map((line) => `at once: ${line}`),
    ...(alike ? [] : [`did ${inTurn.effects.join()} one after the other, and ${atOnce.effects.join()} at once`]),
  ].map((line) => `${route} ${line}`);
}

async function repeated(
  app: TestApp,
  route: string,
  command: Command,
  twice: (send: () => Promise<Answer>) => Promise<readonly Answer[]>,
): Promise<{ readonly effects: readonly string[]; readonly wrong: readonly string[] }> {
  const correlationId = randomUUID();
  const key = randomUUID();
  const before = await app.store.head();
  const send = async (): Promise<Answer> =>
    answerOf(await app.request(...requestOf(route, command, key, correlationId)));
  const [first, second] = await twice(send);
  const wrong =
    first!.status >= 300
      ? [`refused with ${first!.status} ${JSON.stringify(first!.body)}`]
      : isDeepStrictEqual(first, second)
        ? []
        : [`answered ${JSON.stringify(first)} and then ${JSON.stringify(second)}`];
  const entries = await app.store.readLog(before, 1_000);
  // What policies do of it has a cause.
  const effects = entries.flatMap(({ event }) =>
    event?.metadata.correlationId === correlationId && event.metadata.causationId === undefined ? [event] : [],
  );
  const types = effects.map(({ type }) => type).toSorted();
  const onceEach = new Set(effects.map(({ type, stream }) => `${type} ${stream}`)).size === effects.length;
  return { effects: types, wrong: onceEach ? wrong : [...wrong, `stored ${types.join()}`] };
}

function requestOf(
  route: string,
  { path = {}, query = '', body, token, anonymous }: Command,
  key: string,
  correlationId: string,
): [string, TestRequest] {
  const [method, template] = route.split(' ') as [string, string];
  const filled = template.replace(/\{(\w+)\}/g, (_placeholder, name: string) => path[name]!);
  const headers = { 'idempotency-key': key, 'x-correlation-id': correlationId };
  return [
    filled + query,
    {
      method,
      ...(!anonymous && { role: 'ADMIN' }),
      ...(token !== undefined && { token }),
      headers,
      ...(body !== undefined && { body }),
    },
  ];
}

function answerOf({ status, body, headers }: TestResponse): Answer {
  return {
    status,
    body: withoutTokens(body),
    headers: Object.fromEntries(headersOfAnswer.map((name) => [name, headers.get(name)])),
  };
}

/** Each answer has tokens of its own, for one session. */
function withoutTokens(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !/^(access|refresh)Token$/.test(name)));
}
