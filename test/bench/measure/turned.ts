/** Each round begins with another one, so that none always follows the same one. */
export function turned<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
