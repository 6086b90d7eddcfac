/** The number that a tombstone is stored with, and so the last number of its stream: the largest that six bytes hold. */
export const tombstoneRevision = 2 ** 48 - 1;

const tombstoneOnTheWire = String(2n ** 63n - 1n);

/** A revision as callers know it: the tombstone has the largest signed 64-bit number there. */
export function wireRevision(revision: number): string {
  return revision === tombstoneRevision ? tombstoneOnTheWire : String(revision);
}
