/** How long a run takes: every figure is the median over interleaved rounds. */
export interface Settings {
  /** Rounds of what is compared with a baseline, each round in a fresh order. */
  readonly rounds: number;
  /** Length of one measurement in one round. */
  readonly seconds: number;
  readonly rebuildEvents: number;
  readonly rebuildRounds: number;
  readonly rehydrateRounds: number;
  /** Contracts that are signed at each concurrency; more than one at a time at 16 and 64. */
  readonly environments: Readonly<Record<Concurrency, number>>;
  readonly warmStarts: number;
  readonly eventStoreStarts: number;
}

export const concurrencies = [1, 16, 64] as const;
export type Concurrency = (typeof concurrencies)[number];

/** About ten minutes. */
export const full: Settings = {
  rounds: 5,
  seconds: 3,
  rebuildEvents: 210_000,
  rebuildRounds: 3,
  rehydrateRounds: 9,
  environments: { 1: 20, 16: 48, 64: 128 },
  warmStarts: 3,
  eventStoreStarts: 10,
};

/** About two minutes: fewer events and rounds, so its figures are rougher. */
export const quick: Settings = {
  rounds: 2,
  seconds: 1,
  rebuildEvents: 30_000,
  rebuildRounds: 1,
  rehydrateRounds: 3,
  environments: { 1: 5, 16: 16, 64: 64 },
  warmStarts: 1,
  eventStoreStarts: 5,
};
