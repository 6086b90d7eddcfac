import { integer, readEnv } from '#libs/http/src/env.js';

export interface OpportunitySettings {
  /** How long a step of an approval waits before its approvers are reminded, unless the request says otherwise. */
  readonly remindAfterHours: number;
  readonly escalateAfterHours: number;
  /** Pause between two sweeps of what is due. */
  readonly sweepMs: number;
}

export const OPPORTUNITY_SETTINGS = Symbol('opportunity settings');

/** @throws EnvError */
export function opportunitySettings(): OpportunitySettings {
  const env = readEnv({
    OPPORTUNITY_REMIND_AFTER_HOURS: integer({ default: 24, min: 1, max: 8760 }),
    OPPORTUNITY_ESCALATE_AFTER_HOURS: integer({ default: 72, min: 1, max: 8760 }),
    OPPORTUNITY_SWEEP_MS: integer({ default: 30_000, min: 100 }),
  });
  return {
    remindAfterHours: env.OPPORTUNITY_REMIND_AFTER_HOURS,
    escalateAfterHours: env.OPPORTUNITY_ESCALATE_AFTER_HOURS,
    sweepMs: env.OPPORTUNITY_SWEEP_MS,
  };
}
