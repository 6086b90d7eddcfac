import { createHash } from 'node:crypto';
import { v5, v7 } from 'uuid';

const namespace = '6c1f6a8e-6f0d-5d0b-9a52-0d5bb1a3c7e4';

/** The same parts always make the same UUID (version 5). Parts are kept apart, so `a, bc` is not `ab, c`. */
export function stableId(...parts: readonly (string | number)[]): string {
  return v5(JSON.stringify(parts), namespace);
}

/** A fresh UUID (version 7), ordered by time. */
export function freshId(): string {
  return v7();
}

/**
 * The store compares ids only: with the serialised event in the id, nothing but a byte-identical append
 * counts as a repeat.
 */
export function eventId(stream: string, commandId: string, index: number, serialised: string): string {
  return stableId(stream, commandId, index, createHash('sha256').update(serialised).digest('hex'));
}
