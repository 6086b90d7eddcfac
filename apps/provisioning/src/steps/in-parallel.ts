/**
 * Works on all items, at most `atOnce` at a time, and answers the results in the items' order. After the first error
 * nothing new is begun; what runs is waited for, then the error is thrown.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = 6,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
      if (failed) return;
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const first = workers.find((settled) => settled.status === 'rejected');
  if (first) throw first.reason;
  return results;
}
