import { randomUUID } from 'node:crypto';
import type { EventLog } from './event-log.js';
import { Scavenge } from './scavenge.js';
import { jsonEvent } from './stored-event.js';
import { metadataType, metastreamOf } from './stream-metadata.js';
import { operators } from './users.js';

interface Running {
  readonly id: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export const scavengeCompleted = '$scavengeCompleted';

/** What the data of a `$scavengeCompleted` event says. */
export interface ScavengeReport {
  readonly scavengeId: string;
  readonly result: 'Success' | 'Stopped' | 'Errored';
  readonly error?: string;
  readonly eventsRemoved: number;
  /** Bytes of data and metadata of these events. */
  readonly spaceSaved: number;
}

/** Operators may read what a scavenge says of itself, for a month. */
const metadata = JSON.stringify({ $maxAge: 30 * 24 * 3_600, $acl: { $r: [operators] } });

/** The stream in which a scavenge says that it has begun, and at last what came of it. */
export function streamOfScavenge(id: string): string {
  return `$scavenges-${id}`;
}

/** Runs one scavenge at a time. */
export class Scavenges {
  #running: Running | undefined;

  constructor(private readonly log: EventLog) {}

  /** The id of the scavenge that begins, or of the one that is under way. */
  start(): { readonly id: string; readonly isNew: boolean } {
    if (this.#running !== undefined) return { id: this.#running.id, isNew: false };
    const id = randomUUID();
    const stop = new AbortController();
    const done = this.#run(id, stop.signal).finally(() => (this.#running = undefined));
    this.#running = { id, stop, done };
    return { id, isNew: true };
  }

  /** False when there is no such scavenge under way. */
  stop(id: string): boolean {
    if (this.#running?.id !== id) return false;
    this.#running.stop.abort();
    return true;
  }

  /** Stops what is under way, and waits until it has. */
  async close(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.done;
  }

  async #run(id: string, signal: AbortSignal): Promise<void> {
    const scavenge = new Scavenge(this.log.storage, signal);
    let outcome: Pick<ScavengeReport, 'result' | 'error'>;
    try {
      await this.#note(metastreamOf(streamOfScavenge(id)), metadataType, metadata);
      await this.#note(streamOfScavenge(id), '$scavengeStarted', JSON.stringify({ scavengeId: id }));
      await scavenge.run();
      outcome = { result: signal.aborted ? 'Stopped' : 'Success' };
    } catch (error) {
      console.error('A scavenge failed:', error);
      outcome = { result: 'Errored', error: String(error) };
    }
    const { events: eventsRemoved, bytes: spaceSaved } = scavenge.scavenged;
    const report: ScavengeReport = { scavengeId: id, ...outcome, eventsRemoved, spaceSaved };
    await this.#note(streamOfScavenge(id), scavengeCompleted, JSON.stringify(report)).catch((error: unknown) => {
      console.error('The end of a scavenge could not be noted:', error);
    });
  }

  async #note(stream: string, type: string, json: string): Promise<void> {
    await this.log.append(stream, { kind: 'any' }, [jsonEvent(type, json)]);
  }
}
