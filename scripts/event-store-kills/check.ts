/** An event as a reader got it. */
export interface Seen {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
}

/** An append that was sent. Without an answer it may be stored or not, but never in part. */
export interface Attempt {
  readonly stream: string;
  readonly ids: readonly string[];
  /** Of the last event. */
  answer?: { readonly revision: number; readonly position: bigint };
}

export interface Evidence {
  readonly attempts: readonly Attempt[];
  /** `$all` as it is read at the end. */
  readonly log: readonly Seen[];
  /** Below this number a scavenge may have removed events of the stream; without an entry it must not. */
  readonly mayBeGone: ReadonlyMap<string, number>;
  /** Streams as they are read at the end. */
  readonly streams: ReadonlyMap<string, readonly Seen[]>;
  /** What each subscriber got over all its lives, with the stream that it followed; undefined is `$all`. */
  readonly subscribers: readonly { readonly stream: string | undefined; readonly seen: readonly Seen[] }[];
}

export interface Verdict {
  /** Events in appends that were answered. */
  readonly acknowledged: number;
  /** Of those, how many are missing or stand elsewhere than the answer or a subscriber was told. */
  readonly lost: number;
  /** Appends of which a part is stored. */
  readonly half: number;
  /** Events that are stored or delivered twice, and places that had two events. */
  readonly doubled: number;
  /** A line for everything that must not be. */
  readonly findings: readonly string[];
}

/** Compares what writers and subscribers were told with what is stored at the end. */
export function check(evidence: Evidence): Verdict {
  const checker = new Checker(evidence.log, evidence.mayBeGone);
  for (const attempt of evidence.attempts) checker.attempt(attempt);
  checker.order();
  for (const [stream, events] of evidence.streams) checker.stream(stream, events);
  for (const [index, { stream, seen }] of evidence.subscribers.entries()) {
    checker.subscriber(`subscriber ${index + 1}`, stream, seen);
  }
  return checker.verdict;
}

class Checker {
  readonly #byId = new Map<string, Seen>();
  readonly #byStream: ReadonlyMap<string, readonly Seen[]>;
  readonly #findings: string[] = [];
  #acknowledged = 0;
  #lost = 0;
  #half = 0;
  #doubled = 0;

  constructor(
    private readonly log: readonly Seen[],
    private readonly bounds: ReadonlyMap<string, number>,
  ) {
    for (const event of log) {
      const other = this.#byId.get(event.id);
      if (other === undefined) this.#byId.set(event.id, event);
      else this.#twice(`${event.id} is stored at ${other.position} and at ${event.position}`);
    }
    this.#byStream = Map.groupBy(log, ({ stream }) => stream);
  }

  get verdict(): Verdict {
    const [acknowledged, lost, half, doubled] = [this.#acknowledged, this.#lost, this.#half, this.#doubled];
    return { acknowledged, lost, half, doubled, findings: this.#findings };
  }

  attempt({ stream, ids, answer }: Attempt): void {
    const stored = ids.map((id) => this.#byId.get(id));
    const known = stored.findIndex((event) => event !== undefined);
    if (known >= 0) {
      const first = stored[known]!.revision - known;
      const whole = stored.every((event, index) =>
        event === undefined ? this.#mayBeGone(stream, first + index) : isAt(event, stream, first + index),
      );
      if (!whole) {
        this.#half += 1;
        this.#findings.push(`half: an append of ${ids.length} events to ${stream} with ${ids[0]}`);
      }
    }
    if (answer === undefined) return;
    this.#acknowledged += ids.length;
    const from = answer.revision - ids.length + 1;
    for (const [index, event] of stored.entries()) {
      const revision = from + index;
      const kept = event === undefined ? this.#mayBeGone(stream, revision) : isAt(event, stream, revision);
      if (!kept) this.#gone(`event ${revision} of ${stream}, ${ids[index]}, was acknowledged`);
    }
    const last = stored.at(-1);
    if (last !== undefined && last.position !== answer.position) {
      this.#gone(`${last.id} stands at ${last.position} and was acknowledged at ${answer.position}`);
    }
  }

  /** Positions grow, and the numbers of each stream follow each other. */
  order(): void {
    const next = new Map<string, number>();
    let before = -1n;
    for (const { id, stream, revision, position } of this.log) {
      if (position <= before) this.#findings.push(`order: ${id} at ${position} follows ${before}`);
      before = position;
      const expected = next.get(stream) ?? 0;
      if (revision !== expected && !(revision > expected && this.#mayBeGone(stream, revision - 1))) {
        this.#findings.push(`order: ${stream} goes on with ${revision} in place of ${expected}`);
      }
      next.set(stream, revision + 1);
    }
  }

  /** What can be read of a stream is the end of what the log has of it. */
  stream(stream: string, events: readonly Seen[]): void {
    const stored = this.#byStream.get(stream) ?? [];
    const hidden = stored.length - events.length;
    const mayHide = hidden === 0 || this.#mayBeGone(stream, stored[hidden - 1]?.revision ?? Infinity);
    if (!mayHide || !sameEvents(events, stored.slice(hidden)))
      this.#findings.push(`order: ${stream} reads otherwise than in the log`);
  }

  /** Each event once, in order, and nothing that is not in the log. */
  subscriber(name: string, stream: string | undefined, seen: readonly Seen[]): void {
    const ids = new Set<string>();
    for (const event of seen) {
      if (ids.has(event.id)) this.#twice(`${name} got ${event.id} twice`);
      ids.add(event.id);
      const stored = this.#byId.get(event.id);
      if (stored === undefined && this.#mayBeGone(event.stream, event.revision)) continue;
      if (stored === undefined) this.#gone(`${name} got ${event.id} at ${event.position}`);
      else if (!sameEvents([event], [stored]))
        this.#twice(`${event.id} at ${stored.position} was at ${event.position}`);
    }
    const expected = stream === undefined ? this.log : (this.#byStream.get(stream) ?? []);
    for (const { id } of expected) if (!ids.has(id)) this.#gone(`${name} did not get ${id}`);
    const left = seen.filter(({ id }) => this.#byId.has(id));
    if (left.length === expected.length && !sameEvents(left, expected)) this.#findings.push(`order: what ${name} got`);
  }

  /** The store's own streams are bounded by their metadata, or are metadata. */
  #mayBeGone(stream: string, revision: number): boolean {
    return stream.startsWith('$') || revision < (this.bounds.get(stream) ?? 0);
  }

  #gone(what: string): void {
    this.#lost += 1;
    this.#findings.push(`lost: ${what}`);
  }

  #twice(what: string): void {
    this.#doubled += 1;
    this.#findings.push(`doubled: ${what}`);
  }
}

function isAt(event: Seen, stream: string, revision: number): boolean {
  return event.stream === stream && event.revision === revision;
}

function sameEvents(some: readonly Seen[], others: readonly Seen[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, stream, revision, position }, index) => {
      const other = others[index]!;
      return id === other.id && stream === other.stream && revision === other.revision && position === other.position;
    })
  );
}
