import type { Repository } from 'typeorm';

const mostAtOnce = 500;

/**
 * A sweep of a reconciler: hands the rows that are due to `queue`, the longest due first. What it does with a row must
 * be the same when it is done again: rows stand until the log says that they are settled, and every instance sweeps.
 */
export async function queueDue<Work extends { readonly dueAt: Date }>(
  rows: Repository<Work>,
  queue: (work: Work) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const due = await rows
    .createQueryBuilder('work')
    .where('work.dueAt <= :now', { now: new Date() })
    .orderBy('work.dueAt')
    .limit(mostAtOnce)
    .getMany();
  for (const work of due) {
    if (signal.aborted) return;
    await queue(work);
  }
}
