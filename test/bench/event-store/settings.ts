/** How long a run takes: every figure is the median over interleaved rounds. */
export interface EventStoreSettings {
  readonly rounds: number;
  /** Length of one measurement in one round. */
  readonly seconds: number;
  /** Length of the first, which does not count: V8 compiles what it then sees much of. */
  readonly warmUpSeconds: number;
}

/** About two minutes, and as long again for the large log. */
export const full: EventStoreSettings = { rounds: 7, seconds: 2, warmUpSeconds: 5 };

/** About one minute: its figures are rougher. */
export const quick: EventStoreSettings = { rounds: 3, seconds: 1, warmUpSeconds: 3 };
