import { randomUUID } from 'node:crypto';
import type { Draft } from './draft.js';
import { decideAppend } from './expected-revision.js';
import type { AppendDecision, ExpectedRevision } from './expected-revision.js';
import { isSoftDeleted } from './retention.js';
import { jsonEvent } from './stored-event.js';
import type { ProposedEvent } from './stored-event.js';
import { metadataType, metastreamOf, softDeletedJson, subjectOf } from './stream-metadata.js';
import { tombstoneRevision } from './tombstone.js';

export type Refusal =
  /** `current` -1: the stream has no event. */
  { readonly kind: 'conflict'; readonly current: number } | { readonly kind: 'deleted' };

export type AppendOutcome =
  /** `revision` -1: the stream has no event. `position` undefined: the log has none either. */
  { readonly kind: 'success'; readonly revision: number; readonly position: number | undefined } | Refusal;

export type DeleteOutcome = { readonly kind: 'success'; readonly position: number } | Refusal;

const nothing = new Uint8Array();

export function append(
  draft: Draft,
  stream: string,
  expected: ExpectedRevision,
  events: readonly ProposedEvent[],
): AppendOutcome {
  const last = draft.lastRevision(stream);
  const ids = events.map(({ id }) => id);
  const decision = decide(draft, stream, expected, ids);
  switch (decision.kind) {
    case 'conflict':
      return { kind: 'conflict', current: last };
    case 'deleted':
      return decision;
    case 'repeat':
      return { kind: 'success', revision: decision.last, position: draft.positionOf(stream, decision.last) };
    default: {
      const returning = [stream, subjectOf(stream)].find((name) => name !== undefined && softDeleted(draft, name));
      const from = returning === undefined ? 0 : draft.lastRevision(returning) + 1;
      for (const event of events) draft.add(stream, event);
      if (returning !== undefined) undelete(draft, returning, from);
      const revision = last + events.length;
      return { kind: 'success', revision, position: draft.positionOf(stream, revision) };
    }
  }
}

/** Hides all events behind metadata of its own, until somebody appends again; numbering goes on. */
export function softDelete(draft: Draft, stream: string, expected: ExpectedRevision): DeleteOutcome {
  const refusal = refuseDelete(draft, stream, expected);
  if (refusal !== undefined) return refusal;
  const metastream = metastreamOf(stream);
  const lastMetadata = draft.lastRevision(metastream);
  if (lastMetadata === tombstoneRevision) return { kind: 'deleted' };
  if (draft.lastRevision(stream) < 0 && lastMetadata < 0) return { kind: 'conflict', current: -1 };
  const { position } = addMetadata(draft, metastream, softDeletedJson);
  return { kind: 'success', position };
}

/** Ends the stream for ever, also one that was never written. */
export function tombstone(draft: Draft, stream: string, expected: ExpectedRevision): DeleteOutcome {
  const refusal = refuseDelete(draft, stream, expected);
  if (refusal !== undefined) return refusal;
  const event = { id: randomUUID(), type: '$streamDeleted', isJson: false, metadata: nothing, data: nothing };
  const { position } = draft.add(stream, event, tombstoneRevision);
  return { kind: 'success', position };
}

/** A delete is decided like an append of one event that nobody has seen before. */
function refuseDelete(draft: Draft, stream: string, expected: ExpectedRevision): Refusal | undefined {
  switch (decide(draft, stream, expected, [randomUUID()]).kind) {
    case 'deleted':
      return { kind: 'deleted' };
    case 'conflict':
      return { kind: 'conflict', current: draft.lastRevision(stream) };
    default:
      return undefined;
  }
}

function decide(draft: Draft, stream: string, expected: ExpectedRevision, ids: readonly string[]): AppendDecision {
  const last = draft.lastRevision(stream);
  return decideAppend(expected, ids, {
    last,
    isTombstoned: last === tombstoneRevision,
    isSoftDeleted: () => softDeleted(draft, stream),
    hasMetadata: () => draft.lastRevision(metastreamOf(stream)) >= 0,
    recentRevision: (id) => draft.recentRevision(stream, id),
    idAt: (revision) => draft.idAt(stream, revision),
  });
}

function softDeleted(draft: Draft, stream: string): boolean {
  return isSoftDeleted(draft.metadata(stream));
}

/**
 * Writes the newest metadata once more, with `from` as the first readable number. Metadata that is no JSON object
 * hides nothing, so it stays.
 */
function undelete(draft: Draft, stream: string, from: number): void {
  const metastream = metastreamOf(stream);
  const newest = draft.eventOf(metastream, draft.lastRevision(metastream));
  const json = newest && parseObject(Buffer.from(newest.data).toString());
  if (json !== undefined) addMetadata(draft, metastream, JSON.stringify({ ...json, $tb: from }));
}

function parseObject(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function addMetadata(draft: Draft, metastream: string, json: string): { readonly position: number } {
  return draft.add(metastream, jsonEvent(metadataType, json));
}
