/** How much each measurement takes. */
export interface CrmSettings {
  readonly customers: number;
  /** Length of one measurement. */
  readonly seconds: number;
  readonly rebuildRounds: number;
}

/** About a quarter of an hour, most of it to write the customers. */
export const full: CrmSettings = { customers: 300_000, seconds: 10, rebuildRounds: 3 };

/** About half a minute: its figures are rougher. */
export const quick: CrmSettings = { customers: 3_000, seconds: 1, rebuildRounds: 1 };

/** Front ends that ask at the same time; what they wait for is told of each request. */
export const readers = 4;
/** Commands on their way at the same time. */
export const writers = 16;
