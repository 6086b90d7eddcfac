import type { ParkedEventEvents } from '#libs/events/src/parked-event.js';
import type { Consumer } from './consumer.js';
import { LogReplaced, UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import type { EventStore } from './event-store.js';
import type { Batch } from './log-cursor.js';
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
  deliver: (event: RecordedEvent, signal: AbortSignal) => Promise<unknown>,
  { database, checkpoints, tail, schemas, session, store }: ConsumerDependencies & { readonly store: EventStore },
): Promise<Consumer> {
  const first = await checkpoints.load(name, options.startFrom === 'beginning' ? -1n : await store.head());
  const wanted = new Set(options.on);
  const cursor = tail.open(first, (type) => wanted.has(type) || decisions.has(type));

  const read = async ({ stream, revision }: ParkedEvent): Promise<RecordedEvent> => {
    for await (const stored of store.readStream(stream, revision)) return schemas.current(stored);
    throw new ParkedEventGone();
  };
  let run: PolicyRun | undefined;
  const begin = async (): Promise<void> => {
    run = undefined;
    const saved = new SavedPosition(name, checkpoints, database, tail);
    const start = await saved.begin();
    cursor.advance(start);
    const parked = new ParkedEvents(name, database);
    await parked.begin();
    const { key, tries = defaultTries } = options;
    run = new PolicyRun({ name, tries, key, deliver, read, parked, saved }, start);
  };

  const take = async (stored: RecordedEvent, working: PolicyRun, signal: AbortSignal): Promise<void> => {
    const event = schemas.current(stored);
    if (decisions.has(event.type)) {
      const { policy, parkedEventId } = event.data as ParkedEventEvents[keyof ParkedEventEvents];
      const skip = event.type === 'parked_event.skip_requested';
      if (policy === name) await working.decide(event, parkedEventId, skip, signal);
    } else await working.take(event, signal);
  };

  const apply = async (batch: Batch, working: PolicyRun, signal: AbortSignal): Promise<void> => {
    for (const event of batch.events) {
      try {
        await take(event, working, signal);
      } catch (error) {
        // What stands before an event that can't be read is done first.
        if (error instanceof UnreadableEvent) await working.untilDone(signal);
        throw error;
      }
    }
    await working.pass(batch.position);
    cursor.advance(batch.position);
    await working.untilMore(cursor, signal);
  };

  return {
    name,
    kind: 'policy',
    session,
    cursor,
    batch: 100,
    begin,
    apply: async (batch, signal) => {
      if (!run) throw new Error(`${name} has not begun.`);
      const working = run;
      const wake = (): void => working.wake();
      signal.addEventListener('abort', wake, { once: true });
      try {
        await apply(batch, working, signal);
      } catch (error) {
        await working.stop();
        throw error;
      } finally {
        signal.removeEventListener('abort', wake);
      }
    },
    progress: () => run ?? { position: cursor.position, trouble: undefined, oldestUnhandled: undefined },
    saved: async () => (await checkpoints.read(name)).position,
    fatal: (error) => error instanceof UnreadableEvent || error instanceof LogReplaced,
    finish: async () => {
      await run?.end();
      run = undefined;
    },
  };
}

/** The log ends before a parked event, or its stream was deleted. */
class ParkedEventGone extends Error {
  override readonly name = 'ParkedEventGone';
}
