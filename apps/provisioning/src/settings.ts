import { integer, oneOf, optional, readEnv, secretKey, text, url } from '#libs/http/src/env.js';

export interface ProvisioningSettings {
  /** Environments live at `https://<slug>.<domain>`. */
  readonly domain: string;
  /** Base URL that people reach, for links to the credential page. */
  readonly publicUrl: string;
  readonly encryptionKey: Buffer;
  /** How long an attempt holds its step without a sign of life. */
  readonly leaseMs: number;
  /** How long workloads may take to come up. */
  readonly waitMs: number;
  readonly reconcileMs: number;
  /** Pause before the second try of a step that failed by something that should pass; it doubles with each. */
  readonly retryMs: number;
  /** Pause before the first look whether a shortage is over; it doubles with each. */
  readonly recheckMs: number;
  /** How often each environment at rest is looked at for changes by hand; never for 0. */
  readonly driftMs: number;
  readonly drift: 'report' | 'correct';
  /** Below which address exports are put; without it they stay in their namespaces. */
  readonly exportUrl?: string;
  /**
   * Whether somebody has to approve a change that deletes objects, or makes a month dearer by more than this, in the
   * catalogue's currency. Nobody has to when absent.
   */
  readonly approvalCost?: number;
  readonly failureAlarm: FailureAlarm;
  /** How many days back build times are looked at. */
  readonly buildTimeDays: number;
}

/** When so many environments fail that somebody has to look at the whole. */
export interface FailureAlarm {
  readonly windowMinutes: number;
  /** Of 100 environments whose work ended in the window. */
  readonly thresholdPercent: number;
  /** Fewer than so many ends raise no alarm. */
  readonly least: number;
}

export const SETTINGS = Symbol('provisioning settings');

/** @throws EnvError */
export function provisioningSettings(): ProvisioningSettings {
  const env = readEnv({
    ENVIRONMENT_DOMAIN: text({ default: 'your-service.com', expected: 'a domain like your-service.com' }),
    PUBLIC_URL: url({ example: 'http://127.0.0.1:3000' }),
    ENCRYPTION_KEY: secretKey(),
    PROVISIONING_LEASE_MS: integer({ default: 15_000, min: 500, max: 600_000 }),
    PROVISIONING_WAIT_SECONDS: integer({ default: 300, min: 1, max: 86_400 }),
    PROVISIONING_RECONCILE_MS: integer({ default: 5_000, min: 50, max: 600_000 }),
    PROVISIONING_RETRY_MS: integer({ default: 5_000, min: 10, max: 300_000 }),
    PROVISIONING_RECHECK_MS: integer({ default: 10_000, min: 10, max: 300_000 }),
    PROVISIONING_APPROVAL_COST: optional(integer({ min: 0 })),
    PROVISIONING_FAILURE_WINDOW_MINUTES: integer({ default: 60, min: 1, max: 10_080 }),
    PROVISIONING_FAILURE_THRESHOLD_PERCENT: integer({ default: 20, min: 1, max: 100 }),
    PROVISIONING_FAILURE_LEAST: integer({ default: 5, min: 1, max: 10_000 }),
    PROVISIONING_BUILD_TIME_DAYS: integer({ default: 30, min: 1, max: 3_650 }),
    PROVISIONING_DRIFT_MS: integer({ default: 3_600_000, min: 0, max: 7 * 86_400_000 }),
    PROVISIONING_DRIFT: oneOf(['report', 'correct'], { default: 'report' }),
    PROVISIONING_EXPORT_URL: url({ default: '', example: 'https://exports.example/keiyaku' }),
  });
  return {
    domain: env.ENVIRONMENT_DOMAIN,
    publicUrl: env.PUBLIC_URL,
    encryptionKey: env.ENCRYPTION_KEY,
    leaseMs: env.PROVISIONING_LEASE_MS,
    waitMs: env.PROVISIONING_WAIT_SECONDS * 1_000,
    reconcileMs: env.PROVISIONING_RECONCILE_MS,
    retryMs: env.PROVISIONING_RETRY_MS,
    recheckMs: env.PROVISIONING_RECHECK_MS,
    driftMs: env.PROVISIONING_DRIFT_MS,
    drift: env.PROVISIONING_DRIFT,
    ...(env.PROVISIONING_APPROVAL_COST !== undefined && { approvalCost: env.PROVISIONING_APPROVAL_COST }),
    failureAlarm: {
      windowMinutes: env.PROVISIONING_FAILURE_WINDOW_MINUTES,
      thresholdPercent: env.PROVISIONING_FAILURE_THRESHOLD_PERCENT,
      least: env.PROVISIONING_FAILURE_LEAST,
    },
    buildTimeDays: env.PROVISIONING_BUILD_TIME_DAYS,
    ...(env.PROVISIONING_EXPORT_URL !== '' && { exportUrl: env.PROVISIONING_EXPORT_URL }),
  };
}
