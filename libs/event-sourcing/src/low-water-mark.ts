/**
 * The position below which everything is done, while work above it finishes in any order. Memory is held for
 * unfinished events only, so one that takes for ever costs the checkpoint its progress and nothing else.
 */
export class LowWaterMark {
  /** What stands just before each unfinished event, by its position; in the order of the log. */
  private readonly unfinished = new Map<bigint, { readonly before: bigint; readonly occurredAt: string }>();

  /** @param seen position up to which everything is done */
  constructor(private seen: bigint) {}

  get value(): bigint {
    return this.first?.before ?? this.seen;
  }

  /** ISO instant of the first unfinished event. */
  get oldest(): string | undefined {
    return this.first?.occurredAt;
  }

  /** Takes the next event of the log. */
  begin(position: bigint, occurredAt: string): void {
    this.unfinished.set(position, { before: this.seen, occurredAt });
    this.seen = position;
  }

  finish(position: bigint): void {
    this.unfinished.delete(position);
  }

  /** Up to here stands nothing more that is of concern. */
  pass(position: bigint): void {
    if (position > this.seen) this.seen = position;
  }

  private get first(): { readonly before: bigint; readonly occurredAt: string } | undefined {
    return this.unfinished.values().next().value;
  }
}
