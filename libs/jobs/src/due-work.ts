import type { Repository } from 'typeorm';

const pageSize = 500;

/**
 * A sweep of a reconciler: hands the rows that are due to `queue`, the longest due first. What it does with a row must
 * be the same when it is done again: rows stand until the log says that they are settled, and every instance sweeps.
 * A row whose `dueAt` is null is never due.
 */
export async function queueDue<Work extends { readonly dueAt: Date | null }>(
  rows: Repository<Work>,
  queue: (work: Work) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const now = new Date();
  const key = rows.metadata.primaryColumns.map(({ propertyName }) => `work.${propertyName}`)[0];
  if (key === undefined) throw new Error(`${rows.metadata.name} has no primary column.`);
  let last: Work | undefined;
  for (;;) {
    const page = rows.createQueryBuilder('work').where('work.dueAt <= :now', { now });
    // What was queued stays due until the log says otherwise: the next page begins behind it.
    if (last)
      page.andWhere(`(work.dueAt, ${key}) > (:dueAt, :id)`, {
        dueAt: last.dueAt,
        id: rows.metadata.getEntityIdMixedMap(last),
      });
    const due = await page.orderBy('work.dueAt').addOrderBy(key).limit(pageSize).getMany();
    for (const work of due) {
      if (signal.aborted) return;
      await queue(work);
    }
    last = due.at(-1);
    if (due.length < pageSize) return;
  }
}
