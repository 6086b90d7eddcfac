import type { ParkedEventEvents } from '#libs/events/src/parked-event.js';
import type { Consumer } from './consumer.js';
import { UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import type { EventStore } from './event-store.js';
import type { Batch } from './log-tail.js';
import { type ParkedEvent, ParkedEvents } from './parked-events.js';
import type { PolicyOptions } from './policy.js';
import { PolicyRun } from './policy-run.js';
import type { ConsumerDependencies } from './projection-consumer.js';
import { SavedPosition } from './saved-position.js';

const defaultTries = 8;
const decisions: ReadonlySet<string> = new Set<keyof ParkedEventEvents>([
  'parked_event.replay_requested',
  'parked_event.skip_requested',
]);

/** Makes the consumer of one policy: feeds its run from the log, and begins anew from the checkpoint when one fails. */
export async function policyConsumer(
  name: string,
  options: PolicyOptions,
  deliver: (event: RecordedEvent) => Promise<unknown>,
  { database, checkpoints, tail, schemas, store }: ConsumerDependencies & { readonly store: EventStore },
): Promise<Consumer> {
  const first = await checkpoints.load(name, options.startFrom === 'beginning' ? -1n : await store.head());
  const wanted = new Set(options.on);
  const cursor = tail.open(first, (type) => wanted.has(type) || decisions.has(type));

  const read = async ({ stream, revision }: ParkedEvent): Promise<RecordedEvent> => {
    for await (const stored of store.readStream(stream, revision)) return schemas.current(stored);
    throw new ParkedEventGone();
  };
  const runFrom = async (start: bigint): Promise<PolicyRun> => {
    const parked = new ParkedEvents(name, database);
    await parked.begin();
    const saved = new SavedPosition(name, checkpoints, database, start);
    const { key, tries = defaultTries } = options;
    return new PolicyRun({ name, tries, key, deliver, read, parked, saved }, start);
  };
  let run = await runFrom(first);

  const take = async (stored: RecordedEvent, signal: AbortSignal): Promise<void> => {
    const event = schemas.current(stored);
    if (decisions.has(event.type)) {
      const { policy, parkedEventId } = event.data as ParkedEventEvents[keyof ParkedEventEvents];
      const skip = event.type === 'parked_event.skip_requested';
      if (policy === name) await run.decide(event, parkedEventId, skip, signal);
    } else await run.take(event, signal);
  };

  const apply = async (batch: Batch, signal: AbortSignal): Promise<void> => {
    for (const event of batch.events) {
      if (event.position <= run.restartAt) continue;
      try {
        await take(event, signal);
      } catch (error) {
        // What stands before an event that can't be read is done first.
        if (error instanceof UnreadableEvent) await run.untilDone(signal);
        throw error;
      }
    }
    await run.pass(batch.position);
    cursor.advance(batch.position);
    await run.untilMore(cursor, signal);
  };

  return {
    name,
    kind: 'policy',
    cursor,
    batch: 100,
    apply: async (batch, signal) => {
      if (run.stopped) run = await runFrom(await checkpoints.load(name, first));
      const wake = (): void => run.wake();
      signal.addEventListener('abort', wake, { once: true });
      try {
        await apply(batch, signal);
      } catch (error) {
        await run.stop();
        cursor.advance(run.restartAt);
        throw error;
      } finally {
        signal.removeEventListener('abort', wake);
      }
    },
    progress: () => run,
    fatal: (error) => error instanceof UnreadableEvent,
    finish: () => run.end(),
  };
}

/** The log ends before a parked event, or its stream was deleted. */
class ParkedEventGone extends Error {
  override readonly name = 'ParkedEventGone';
}
