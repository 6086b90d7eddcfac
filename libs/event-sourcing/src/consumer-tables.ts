/** Made by the kernel in each context's database. */
const consumerTables: ReadonlySet<string> = new Set([
  'consumer_checkpoints',
  'policy_refusals',
  'policy_parked_events',
  'policy_fan_outs',
]);

/**
 * Whether a table is written by a consumer on its way through the log, like read models and their checkpoints: it may
 * be behind the log, and never ahead of it. Another table of a context that is so says it in its comment,
 * `comment on table … is 'follows the log: …'`.
 */
export function followsTheLog(table: string, comment: string | null): boolean {
  return consumerTables.has(table) || /_v[0-9]+_g[0-9]+$/.test(table) || /^follows the log\b/i.test(comment ?? '');
}
