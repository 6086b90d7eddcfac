import { Injectable } from '@nestjs/common';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { ReadModelBehind } from '#libs/event-sourcing/src/errors.js';
import type { Batch, LogCursor } from '#libs/event-sourcing/src/log-cursor.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { environmentEvents } from '#libs/events/src/provisioning.js';
import type { ServerSentEvent } from '#libs/http/src/sse.js';
import { environmentCostProjection } from '../environment-cost/environment-cost.projection.js';
import { environmentListProjection } from '../environment-list/environment-list.projection.js';
import { Dashboard } from './dashboard.js';
import type { DashboardView } from './dashboard.dto.js';
import { environmentBuildProjection } from './environment-build.projection.js';

const sources = [environmentListProjection, environmentBuildProjection, environmentCostProjection];
const entriesAtOnce = 2_000;
/** Many events in a row make one look, which takes a quarter of a second over 100,000 environments. */
const restMs = 1_000;
/** Windows and ages move on without an event. */
const lookAgainMs = 15_000;
const sharedForMs = 1_000;

/** The dashboard as it changes: an event for each part that is another one than before. */
@Injectable()
export class DashboardFeed {
  private shared: { readonly position: bigint; readonly at: number; readonly view: Promise<DashboardView> } | undefined;

  constructor(
    private readonly dashboard: Dashboard,
    private readonly tail: LogTail,
    private readonly contexts: ContextRegistry,
  ) {}

  /**
   * @param after position of the log up to which the reader knows the dashboard; undefined sends all of it at once
   * @param head newest position of the log
   */
  async *changes(after: bigint | undefined, head: bigint, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
    const known = new Map<string, string>();
    const cursor = this.tail.open(after ?? head, (type) => Object.hasOwn(environmentEvents, type), restMs);
    try {
      if (after === undefined) yield* changed(known, await this.at(head), head);
      while (!signal.aborted) {
        const batch = await taken(cursor, signal);
        if (signal.aborted) return;
        if (batch) cursor.advance(batch.position);
        if (batch?.events.length === 0) continue;
        yield* changed(known, await this.at(cursor.position), cursor.position);
      }
    } finally {
      cursor.close();
    }
  }

  /** Everybody who looks follows the same end of the log, so one look serves them all. */
  private at(position: bigint): Promise<DashboardView> {
    const { shared } = this;
    const at = performance.now();
    if (shared && shared.position >= position && at - shared.at < sharedForMs) return shared.view;
    const view = this.reached(position).then(() => this.dashboard.read());
    this.shared = { position, at, view };
    return view;
  }

  /** A read model that takes too long is shown as it is; the next look is soon. */
  private async reached(position: bigint): Promise<void> {
    const waits = sources.map(({ name }) => this.contexts.readModels.awaitPosition(name, position));
    for (const { status, reason } of (await Promise.allSettled(waits)) as PromiseRejectedResult[]) {
      if (status === 'rejected' && !(reason instanceof ReadModelBehind)) throw reason;
    }
  }
}

/** Undefined when it is time to look again. */
async function taken(cursor: LogCursor, signal: AbortSignal): Promise<Batch | undefined> {
  const wake = new AbortController();
  const end = (): void => wake.abort();
  const timer = setTimeout(end, lookAgainMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await cursor.take(entriesAtOnce, wake.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

function* changed(known: Map<string, string>, view: DashboardView, position: bigint): Generator<ServerSentEvent> {
  for (const [part, data] of Object.entries(view)) {
    const text = JSON.stringify(data);
    if (known.get(part) === text) continue;
    known.set(part, text);
    yield { id: position.toString(), event: part, data };
  }
}
