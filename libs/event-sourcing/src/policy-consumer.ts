import type { Consumer } from './consumer.js';
import { CommandRefused, LogReplaced, UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import type { EventStore } from './event-store.js';
import type { Batch } from './log-tail.js';
import type { PolicyOptions } from './policy.js';
import type { ConsumerDependencies } from './projection-consumer.js';
import { SavedPosition } from './saved-position.js';

/**
 * Makes the consumer of one policy: one event after the other, the checkpoint behind each. A refused command
 * is recorded and passed; every other error is tried again.
 */
export async function policyConsumer(
  name: string,
  options: PolicyOptions,
  deliver: (event: RecordedEvent) => Promise<unknown>,
  { database, checkpoints, tail, schemas, session, store }: ConsumerDependencies & { readonly store: EventStore },
): Promise<Consumer> {
  const start = await checkpoints.load(name, options.startFrom === 'beginning' ? -1n : await store.head());
  const position = new SavedPosition(name, checkpoints, database, tail);
  const wanted = new Set(options.on);
  const cursor = tail.open(start, (type) => wanted.has(type));

  const handle = async (stored: RecordedEvent): Promise<void> => {
    const event = schemas.current(stored);
    try {
      await deliver(event);
      await position.commit(event.position, async () => undefined);
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      const { code, detail } = error.refusal;
      await position.commit(event.position, async (manager) => {
        await manager.query(
          `insert into policy_refusals (policy, event_id, stream, code, detail)
           values ($1, $2, $3, $4, $5) on conflict do nothing`,
          [name, event.id, event.stream, code, detail],
        );
      });
    }
    cursor.advance(event.position);
  };

  return {
    name,
    kind: 'policy',
    session,
    cursor,
    batch: 100,
    begin: async () => cursor.advance(await position.begin()),
    apply: async (batch: Batch, signal) => {
      for (const event of batch.events) {
        signal.throwIfAborted();
        await handle(event);
      }
      await position.pass(batch.position);
    },
    fatal: (error) => error instanceof UnreadableEvent || error instanceof LogReplaced,
    finish: () => position.save(),
  };
}
