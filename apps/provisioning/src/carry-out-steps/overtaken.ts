import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { streamName } from '#libs/event-sourcing/src/decider.js';
import { LiveEvents } from '#libs/event-sourcing/src/live-events.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { wishes } from '../domain/life-cycle.js';

/** Something else is wanted of the environment by now. Whatever this attempt would still do must not be done. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** Somebody who works on an environment. */
export class Watch {
  private readonly overtaken = new AbortController();
  private newest = -1;
  private since = Number.POSITIVE_INFINITY;

  constructor(readonly close: () => void) {}

  /** @param revision of the environment's stream up to which is known what is wanted */
  after(revision: number): AbortSignal {
    this.since = revision;
    this.judge();
    return this.overtaken.signal;
  }

  /** Something else is wanted since this revision. */
  see(revision: number): void {
    this.newest = Math.max(this.newest, revision);
    this.judge();
  }

  private judge(): void {
    if (this.newest > this.since) this.overtaken.abort(new Overtaken('Something else is wanted of the environment.'));
  }
}

/**
 * Tells those who work on an environment, at once, when something else is wanted of it: they follow the one live end
 * of the log that the process follows anyway. Whoever misses it hears with the next sign of life.
 */
@Injectable()
export class Overtakings implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('environments');
  private readonly stopping = new AbortController();
  private readonly watches = new Map<string, Set<Watch>>();
  private following: Promise<void> = Promise.resolve();

  constructor(private readonly live: LiveEvents) {}

  /** Call it before the work is taken on, so that nothing falls between, and close it at the end. */
  watch(environmentId: string): Watch {
    const stream = streamName(environmentDecider, environmentId);
    const watches = this.watches.get(stream) ?? new Set();
    this.watches.set(stream, watches);
    const watch = new Watch(() => {
      watches.delete(watch);
      if (watches.size === 0) this.watches.delete(stream);
    });
    watches.add(watch);
    return watch;
  }

  onApplicationBootstrap(): void {
    this.following = this.live.follow(
      {
        wants: (type) => wishes.has(type),
        hears: ({ stream, revision }) => this.watches.get(stream)?.forEach((watch) => watch.see(revision)),
        ends: (err) => {
          if (err) {
            this.logger.warn({ err }, 'Attempts hear late that they are overtaken: the log can not be followed');
          }
        },
      },
      this.stopping.signal,
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }
}
