import { EventStoreNotAsked, EventStoreUnavailable } from './errors.js';

/**
 * Remembers whether the event store answers. While it does not, one caller at a time asks it and the others are told
 * at once: nobody stands in line for an answer that does not come, and no crowd meets a store that comes back.
 */
export class Availability {
  private away: EventStoreUnavailable | undefined;
  private asking = false;

  /**
   * Call it before asking the store, and what it returns with the outcome: nothing, or the error.
   * @throws EventStoreNotAsked while the store does not answer and somebody else asks it
   */
  ask(): (error?: unknown) => void {
    const alone = this.away !== undefined;
    if (alone && this.asking) throw new EventStoreNotAsked(this.away);
    if (alone) this.asking = true;
    return (error) => {
      if (alone) this.asking = false;
      // Every other error is an answer too.
      this.away = error instanceof EventStoreUnavailable ? error : undefined;
    };
  }
}
