import { Injectable } from '@nestjs/common';
import { encodeCursor } from '#libs/http/src/paging.js';
import { ProblemError } from '#libs/http/src/problem.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import type { ParkedEventPage, ParkedEventQuery, ParkedEventView } from '#libs/policies/src/parked-events.dto.js';
import { policyProblem } from '#libs/policies/src/policies.problems.js';
import { serviceUnavailable } from '../gateway.problems.js';
import type { Upstream } from '../upstream.js';
import { Upstreams } from '../upstreams.js';

const path = '/api/policies/parked';
const answerWithinMs = 9_000;

/** The parked events of all services, each of which keeps those of its own policies. */
@Injectable()
export class ParkedEventsOfServices {
  constructor(private readonly upstreams: Upstreams) {}

  /**
   * In the order of the log over all services, which share its positions and so each other's cursors. A list that a
   * service is missing from would hide what waits there: it is a 503 problem. Those of one policy need its service only.
   */
  async page(query: ParkedEventQuery, request: ApiRequest): Promise<ParkedEventPage> {
    const { limit, sort = 'position', policy, total } = query;
    const owner = this.upstreams.all.filter(({ name }) => policy?.startsWith(`${name}/`));
    const asked = owner.length > 0 ? owner : this.upstreams.all;
    const search = new URL(request.url, 'http://gateway').search;
    const pages = await Promise.all(
      asked.map(async (service) => (await ask(service, path + search, request)).json() as Promise<ParkedEventPage>),
    );
    const found = pages.flatMap(({ items }) => items).toSorted(sort === 'position' ? inLog : (a, b) => inLog(b, a));
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const more = found.length > limit || pages.some(({ next }) => next !== null);
    return {
      items,
      next: more && last ? encodeCursor(sort, last.position, last.id) : null,
      ...(total && { total: pages.reduce((sum, { total = 0 }) => sum + total, 0) }),
    };
  }

  /** Throws a 404 problem when no service has parked it, a 503 problem when one that may have does not answer. */
  async ownerOf(id: string, request: ApiRequest): Promise<Upstream> {
    const found = await Promise.allSettled(
      this.upstreams.all.map(async (service) => {
        await ask(service, `${path}/${id}`, request);
        return service;
      }),
    );
    const owner = found.find((each) => each.status === 'fulfilled');
    if (owner) return owner.value;
    const reasons = found.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    throw reasons.find((reason) => !isNotFound(reason)) ?? policyProblem('parked_event_not_found');
  }
}

/** Throws what the service refuses with, or a 503 problem that names it. */
async function ask(service: Upstream, url: string, request: ApiRequest): Promise<Response> {
  const answer = await fetch(service.url + url, {
    headers: { authorization: request.headers.authorization ?? '', 'x-correlation-id': request.id },
    signal: AbortSignal.timeout(answerWithinMs),
  }).catch(() => undefined);
  if (answer?.ok) return answer;
  const type = answer?.headers.get('content-type') ?? '';
  if (!answer || !type.startsWith('application/problem+json')) throw serviceUnavailable(service.name);
  const { code, status, title, detail } = (await answer.json()) as ProblemError;
  const retryAfter = answer.headers.get('retry-after');
  throw new ProblemError(
    code,
    status,
    title,
    detail,
    { service: service.name },
    {
      ...(retryAfter !== null && { 'Retry-After': retryAfter }),
    },
  );
}

function isNotFound(reason: unknown): boolean {
  return reason instanceof ProblemError && reason.status === 404;
}

function inLog(a: ParkedEventView, b: ParkedEventView): number {
  const difference = BigInt(a.position) - BigInt(b.position);
  return difference === 0n ? (a.id < b.id ? -1 : 1) : difference < 0n ? -1 : 1;
}
