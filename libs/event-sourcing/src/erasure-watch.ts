import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { EventStore } from './event-store.js';
import { LiveEvents } from './live-events.js';
import { StateCache } from './state-cache.js';

const keyDestroyed = 'erasure.key_destroyed';

/** Drops keys and states from this process's memory when the log says that the key of a subject is no more. */
@Injectable()
export class ErasureWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('personal-data');
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly live: LiveEvents,
    private readonly states: StateCache,
  ) {}

  onApplicationBootstrap(): void {
    this.following = this.live.follow(
      {
        wants: (type) => type === keyDestroyed,
        // An erasure may have come after a command of this process and before it is followed.
        begins: () => this.forget(),
        hears: () => this.forget(),
        ends: (err) => {
          if (err) this.logger.debug({ err }, 'The log is not watched for erasures just now');
        },
      },
      this.stopping.signal,
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private forget(): void {
    this.store.personal.forget();
    this.states.clear();
  }
}
