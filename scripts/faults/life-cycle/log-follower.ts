import { type RawEvent, watchLog } from '../raw-log.js';

interface Waiter {
  readonly matches: (event: RawEvent) => boolean;
  readonly found: (event: RawEvent) => void;
}

/** Follows the log from its beginning and tells when something is in it. */
export class LogFollower {
  private readonly seen: RawEvent[] = [];
  private readonly waiters = new Set<Waiter>();
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;

  constructor(url: string) {
    this.watching = watchLog(url, (event) => this.see(event), this.stopping.signal);
  }

  /** The first such event, also one that stands there already. @throws Error that says what did not come in time */
  async until(matches: (event: RawEvent) => boolean, what: string, withinMs: number): Promise<RawEvent> {
    const standing = this.seen.find(matches);
    if (standing) return standing;
    const { promise, resolve, reject } = Promise.withResolvers<RawEvent>();
    const waiter = { matches, found: resolve };
    const newest = (): string =>
      this.seen
        .slice(-3)
        .map(({ type }) => type)
        .join(', ');
    const late = setTimeout(
      () => reject(new Error(`${what} did not come within ${withinMs} ms; newest are ${newest()}`)),
      withinMs,
    );
    this.waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.waiters.delete(waiter);
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  private see(event: RawEvent): void {
    this.seen.push(event);
    for (const waiter of this.waiters) if (waiter.matches(event)) waiter.found(event);
  }
}
