/** Made by the kernel in each context's database, or by a context that fetches what it appends to the log. */
const consumerTables: ReadonlySet<string> = new Set([
  'consumer_checkpoints',
  'policy_refusals',
  'policy_parked_events',
  'policy_fan_outs',
  'intake_positions',
  'intake_rows',
  'intake_rejections',
]);

/**
 * Whether a table is written by a consumer on its way through the log, like read models and their checkpoints: it may
 * be behind the log, and never ahead of it.
 */
export function followsTheLog(table: string): boolean {
  return consumerTables.has(table) || /_v[0-9]+_g[0-9]+$/.test(table);
}
