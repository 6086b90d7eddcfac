/** How many environments each measurement takes. */
export interface ProvisioningSettings {
  /** One after the other: what a step costs beside its work. */
  readonly alone: number;
  readonly inFlight: number;
  /** Of which so many are on their way at a time. */
  readonly together: number;
  /** Each of them fails in one of four ways. */
  readonly failing: number;
  readonly plans: number;
}

/** About four minutes. */
export const full: ProvisioningSettings = { alone: 30, inFlight: 64, together: 256, failing: 80, plans: 200 };

/** About one minute: its figures are rougher. */
export const quick: ProvisioningSettings = { alone: 8, inFlight: 32, together: 64, failing: 16, plans: 50 };

export const failingInFlight = 8;
