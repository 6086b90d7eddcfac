import type { Consumer } from './consumer.js';
import { UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import type { EventStore } from './event-store.js';
import type { Batch } from './log-tail.js';
import type { PolicyOptions } from './policy.js';
import { PolicyRun } from './policy-run.js';
import type { ConsumerDependencies } from './projection-consumer.js';
import { SavedPosition } from './saved-position.js';

/** Makes the consumer of one policy: feeds its run from the log, and begins anew from the checkpoint when one fails. */
export async function policyConsumer(
  name: string,
  options: PolicyOptions,
  deliver: (event: RecordedEvent) => Promise<unknown>,
  { database, checkpoints, tail, schemas, store }: ConsumerDependencies & { readonly store: EventStore },
): Promise<Consumer> {
  const first = await checkpoints.load(name, options.startFrom === 'beginning' ? -1n : await store.head());
  const wanted = new Set(options.on);
  const cursor = tail.open(first, (type) => wanted.has(type));
  const runFrom = (start: bigint): PolicyRun =>
    new PolicyRun({ name, key: options.key, deliver }, start, new SavedPosition(name, checkpoints, database, start));
  let run = runFrom(first);

  const takeAll = async (batch: Batch, signal: AbortSignal): Promise<void> => {
    for (const stored of batch.events) {
      if (stored.position <= run.restartAt) continue;
      const event = readable(stored);
      if (event instanceof UnreadableEvent) {
        await run.untilDone(signal);
        throw event;
      }
      await run.take(event, signal);
    }
    await run.pass(batch.position);
    cursor.advance(batch.position);
    await run.untilMore(cursor, signal);
  };

  const readable = (stored: RecordedEvent): RecordedEvent | UnreadableEvent => {
    try {
      return schemas.current(stored);
    } catch (error) {
      if (error instanceof UnreadableEvent) return error;
      throw error;
    }
  };

  return {
    name,
    kind: 'policy',
    cursor,
    batch: 100,
    apply: async (batch, signal) => {
      if (run.stopped) run = runFrom(await checkpoints.load(name, first));
      const wake = (): void => run.wake();
      signal.addEventListener('abort', wake, { once: true });
      try {
        await takeAll(batch, signal);
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
    finish: () => run.finish(),
  };
}
