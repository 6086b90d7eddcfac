/** How long a run takes: every figure is the median over interleaved rounds. */
export interface EventStoreSettings {
  readonly rounds: number;
  /** Length of one measurement in one round. */
  readonly seconds: number;
}

/** About two minutes. */
export const full: EventStoreSettings = { rounds: 7, seconds: 2 };

/** About half a minute: its figures are rougher. */
export const quick: EventStoreSettings = { rounds: 3, seconds: 1 };
