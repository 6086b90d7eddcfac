/** What `--only` chooses from, in the order in which it is measured. */
export const parts = ['queries', 'commands', 'rebuild', 'gateway'] as const;

/** How much each measurement takes. */
export interface CrmSettings {
  readonly customers: number;
  readonly only: readonly (typeof parts)[number][];
  /** Folder of a stack that stays, with the data set that it has; what is measured adds to it. */
  readonly data?: string;
  /** Length of one measurement. */
  readonly seconds: number;
  readonly rebuildRounds: number;
}

/** About a quarter of an hour, most of it to write the customers. One rebuild takes minutes, which evens out what else goes on. */
export const full: CrmSettings = { customers: 300_000, only: parts, seconds: 10, rebuildRounds: 1 };

/** About half a minute: its figures are rougher. */
export const quick: CrmSettings = { customers: 3_000, only: parts, seconds: 1, rebuildRounds: 1 };

/** Front ends that ask at the same time; what they wait for is told of each request. */
export const readers = 4;
/** Commands on their way at the same time. */
export const writers = 16;
