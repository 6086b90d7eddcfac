import { hash } from 'node:crypto';
import { v7 } from 'uuid';

const namespace = Buffer.from('6c1f6a8e6f0d5d0b9a520d5bb1a3c7e4', 'hex');

/** The same parts always make the same UUID (version 5). Parts are kept apart, so `a, bc` is not `ab, c`. */
export function stableId(...parts: readonly (string | number)[]): string {
  // The uuid package takes three times as long, and every command makes several.
  const bytes = hash('sha1', Buffer.concat([namespace, Buffer.from(JSON.stringify(parts))]), 'buffer');
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
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
  return stableId(stream, commandId, index, hash('sha256', serialised));
}
