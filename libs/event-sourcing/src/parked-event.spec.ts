import { describe, it } from 'vitest';
import { given, testContext } from '#libs/testing/src/given.js';
import { ReplayParkedEvent, SkipParkedEvent, parkedEventDecider } from './parked-event.js';

const parked = { policy: 'bank/bonus', eventId: 'e1' };
const data = { parkedEventId: 'p1', ...parked };
const replay = new ReplayParkedEvent('p1', parked, testContext());
const skip = new SkipParkedEvent('p1', parked, testContext());
const replayRequested = { type: 'parked_event.replay_requested', data } as const;
const skipRequested = { type: 'parked_event.skip_requested', data } as const;

describe('a parked event', () => {
  it('can be replayed', () => given(parkedEventDecider).when(replay).then(replayRequested));

  it('can be replayed again, because it may fail again', () =>
    given(parkedEventDecider, replayRequested).when(replay).then(replayRequested));

  it('can be skipped, once', () => {
    given(parkedEventDecider, replayRequested).when(skip).then(skipRequested);
    given(parkedEventDecider, skipRequested).when(skip).thenNothing();
  });

  it('that was skipped is not replayed', () =>
    given(parkedEventDecider, skipRequested).when(replay).thenRefused('parked_event_skipped'));
});
