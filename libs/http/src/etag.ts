import { httpProblem } from './http-problems.js';

/** ETag of a single resource: its stream's revision. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/**
 * What `If-Match` demands: a revision, `'*'` (the resource must exist), or nothing.
 * Weak tags and lists are refused: a change is based on exactly one reading.
 */
export function parseIfMatch(header: string | undefined): number | '*' | undefined {
  if (header === undefined) return undefined;
  const value = header.trim();
  if (value === '*') return '*';
  const revision = /^"(\d{1,15})"$/.exec(value)?.[1];
  if (revision !== undefined) return Number(revision);
  if (value.startsWith('W/')) {
    throw httpProblem('malformed_if_match', 'Weak ETags can\'t guard a change. Send the ETag as read: If-Match: "5".');
  }
  throw httpProblem('malformed_if_match');
}
