import type { AllStreamSubscription, EventType, StreamSubscription } from '@eventstore/db-client';
import { afterEach } from 'vitest';

type AnySubscription = AllStreamSubscription | StreamSubscription<EventType>;

export interface Followed {
  /** What arrived, in order: revisions of events, and what the server tells besides. */
  readonly arrived: (bigint | 'confirmation' | 'caughtUp')[];
  readonly ids: string[];
  /** What the subscription ended in. */
  error: Error | undefined;
  /** Ends the subscription before the test ends. */
  stop(): Promise<void>;
}

/** Notes what a subscription is sent of `streams`; it is ended after the test. */
export type Follow = (subscription: AnySubscription, streams: readonly string[]) => Followed;

export function useFollowers(): Follow {
  const open = new Set<AnySubscription>();
  const stop = async (subscription: AnySubscription): Promise<void> => {
    if (open.delete(subscription)) await subscription.unsubscribe();
  };
  afterEach(async () => {
    await Promise.all([...open].map(stop));
  });
  return (subscription, streams) => {
    const followed: Followed = { arrived: [], ids: [], error: undefined, stop: () => stop(subscription) };
    open.add(subscription);
    subscription.on('confirmation', () => followed.arrived.push('confirmation'));
    subscription.on('caughtUp', () => followed.arrived.push('caughtUp'));
    subscription.on('error', (error) => (followed.error = error));
    (subscription as StreamSubscription).on('data', ({ event }) => {
      if (event === undefined || !streams.includes(event.streamId)) return;
      followed.arrived.push(event.revision);
      followed.ids.push(event.id);
    });
    return followed;
  };
}

export function revisionsIn({ arrived }: Followed): bigint[] {
  return arrived.filter((what) => typeof what === 'bigint');
}
