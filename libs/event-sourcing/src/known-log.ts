import { LogReplaced } from './errors.js';
import type { EventStore, LogGuard } from './event-store.js';

/** An event that is known to stand in the log: another log has another one there, or none. */
export interface LogMark {
  readonly position: bigint;
  readonly id: string;
}

/**
 * What a process knows of its log: the first event and the newest that it has seen. By these it notices, whenever the
 * connection was lost, that whoever brought the store back has brought another log, or an older state of it. Nothing
 * that was read before would make sense with that, so a log that was replaced stays so until the process ends.
 */
export class KnownLog implements LogGuard {
  private lost: LogReplaced | undefined;
  private firstEvent: string | undefined;
  private newest: LogMark | undefined;
  private doubted = false;
  private checking: Promise<void> | undefined;

  /** @param onReplaced is called once, when the log is found to be another one */
  constructor(
    private readonly store: EventStore,
    private readonly onReplaced: () => void,
  ) {}

  get replaced(): LogReplaced | undefined {
    return this.lost;
  }

  /**
   * The id of the log's first event, undefined while it holds none.
   * @throws LogReplaced
   */
  async identity(): Promise<string | undefined> {
    if (this.lost) throw this.lost;
    return (this.firstEvent ??= await this.store.identity());
  }

  /** An event arrived from the log. */
  saw(event: LogMark): void {
    this.newest = event;
    this.doubted = false;
  }

  /** The log is not followed any more: who knows what the store holds when it is back. */
  doubt(): void {
    this.doubted = true;
  }

  confirm(): Promise<void> | undefined {
    if (this.lost) throw this.lost;
    return this.doubted ? this.checkOnce() : undefined;
  }

  /**
   * Makes sure that an event stands in the log.
   * @throws LogReplaced when another one stands there, or none
   */
  async demand(mark: LogMark, knownBy: string): Promise<void> {
    if ((await this.store.eventIdAt(mark.position)) !== mark.id) {
      throw new LogReplaced(
        `The log holds something else at position ${mark.position} than the event ${mark.id}, which ${knownBy} has seen there.`,
      );
    }
    if (mark.position > (this.newest?.position ?? -1n)) this.newest = mark;
  }

  /** Whoever asks while a check is under way has its answer. Doubt ends only when the log is followed again. */
  private async checkOnce(): Promise<void> {
    this.checking ??= this.check().finally(() => (this.checking = undefined));
    return this.checking;
  }

  private async check(): Promise<void> {
    try {
      const { firstEvent, newest } = this;
      const first = await this.store.identity();
      if (firstEvent !== undefined && first !== firstEvent) {
        throw new LogReplaced('The event store holds another log now.');
      }
      const head = await this.store.head();
      if (newest && head < newest.position) {
        throw new LogReplaced(`The log ends at ${head} now; this process has read it up to ${newest.position}.`);
      }
      if (newest) await this.demand(newest, 'this process');
      this.firstEvent = first;
    } catch (error) {
      if (!(error instanceof LogReplaced)) throw error;
      this.lost = error;
      this.onReplaced();
      throw error;
    }
  }
}
