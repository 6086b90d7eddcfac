import type { StoredEvent } from './stored-event.js';

/** What `$$<stream>` says of a stream, as far as the server heeds it. A key that is missing sets no limit. */
export interface StreamMetadata {
  /** At least 1. */
  readonly maxCount?: number;
  /** In seconds, at least 1. */
  readonly maxAge?: number;
  /** The first readable number; `softDeleted` hides everything. */
  readonly truncateBefore?: number;
  readonly acl?: StreamAcl;
}

/** Users and groups that may do something with a stream. An empty list: administrators only. */
export interface StreamAcl {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly delete?: readonly string[];
  readonly metaRead?: readonly string[];
  readonly metaWrite?: readonly string[];
}

/** 2^63 - 1 in JSON, which a JavaScript number holds as 2^63. */
export const softDeleted = 2 ** 63;
/** The metadata that a soft delete writes, as text: JSON.stringify would round its number. */
export const softDeletedJson = '{"$tb":9223372036854775807}';
export const metadataType = '$metadata';

const metastreamPrefix = '$$';
const aclParts = { read: '$r', write: '$w', delete: '$d', metaRead: '$mr', metaWrite: '$mw' } as const;

export function metastreamOf(stream: string): string {
  return metastreamPrefix + stream;
}

/** The stream that a metastream speaks of; undefined when `stream` is no metastream. */
export function subjectOf(stream: string): string | undefined {
  return stream.startsWith(metastreamPrefix) ? stream.slice(metastreamPrefix.length) : undefined;
}

/**
 * Reads the newest event of a metastream. One known key of a wrong type makes all of it count as empty, a number out
 * of range only its own key: EventStoreDB does so.
 */
export function parseMetadata(event: Pick<StoredEvent, 'isJson' | 'data'> | undefined): StreamMetadata {
  return parseJson(event, (json) => {
    readInteger(json['$cacheControl'], 1);
    if (json['$tmp'] !== undefined && typeof json['$tmp'] !== 'boolean') throw new WrongType();
    return withoutMissing({
      maxCount: readInteger(json['$maxCount'], 1),
      maxAge: readInteger(json['$maxAge'], 1),
      truncateBefore: readInteger(json['$tb'], 0),
      acl: json['$acl'] === undefined ? undefined : parseAcl(json['$acl']),
    });
  });
}

/** Rights where streams say nothing themselves. */
export interface DefaultAcls {
  readonly userStreams?: StreamAcl;
  readonly systemStreams?: StreamAcl;
}

/** Reads the newest event of `$settings`, as strictly as metadata. */
export function parseDefaultAcls(event: Pick<StoredEvent, 'isJson' | 'data'> | undefined): DefaultAcls {
  return parseJson(event, ({ $userStreamAcl, $systemStreamAcl }) =>
    withoutMissing({
      userStreams: $userStreamAcl === undefined ? undefined : parseAcl($userStreamAcl),
      systemStreams: $systemStreamAcl === undefined ? undefined : parseAcl($systemStreamAcl),
    }),
  );
}

/** @returns an empty object when the event is missing, no JSON or of wrong types */
function parseJson<T extends object>(
  event: Pick<StoredEvent, 'isJson' | 'data'> | undefined,
  read: (json: Readonly<Record<string, unknown>>) => T,
): T | Record<string, never> {
  if (event === undefined || !event.isJson) return {};
  try {
    return read(asObject(JSON.parse(Buffer.from(event.data).toString())));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof WrongType) return {};
    throw error;
  }
}

class WrongType extends Error {}

/** @throws WrongType when it is no object, or names its roles in another way than by a text or a list of texts */
function parseAcl(value: unknown): StreamAcl {
  const json = asObject(value);
  return withoutMissing(
    Object.fromEntries(Object.entries(aclParts).map(([part, key]) => [part, readRoles(json[key])])),
  );
}

function readRoles(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const roles: unknown[] = Array.isArray(value) ? value : [value];
  if (!roles.every((role) => typeof role === 'string')) throw new WrongType();
  return roles;
}

function readInteger(value: unknown, least: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > softDeleted) throw new WrongType();
  return value >= least ? value : undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongType();
  return value as Readonly<Record<string, unknown>>;
}

function withoutMissing<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
