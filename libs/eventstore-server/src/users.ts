import type { EventLog } from './event-log.js';
import type { ExpectedRevision } from './expected-revision.js';
import { hashPassword } from './passwords.js';
import type { PasswordHash } from './passwords.js';
import { jsonEvent } from './stored-event.js';
import type { StoredEvent } from './stored-event.js';
import { metadataType, metastreamOf } from './stream-metadata.js';
import { tombstoneRevision } from './tombstone.js';

export const administrators = '$admins';
export const operators = '$ops';

export interface User extends PasswordHash {
  readonly loginName: string;
  readonly fullName: string;
  readonly groups: readonly string[];
  readonly disabled: boolean;
}

export interface FoundUser {
  readonly user: User;
  /** Of the event that says so. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly updated: number;
}

const listStream = '$users';
const listedType = '$User';
const notificationsStream = '$users-password-notifications';
const any: ExpectedRevision = { kind: 'any' };
/** What the others may do with these streams follows from what everybody may do with streams of the system. */
const userStreamMetadata = { $acl: { $w: administrators, $d: administrators, $mw: administrators } };
const notificationsMetadata = JSON.stringify({ $maxAge: 3_600 });

export function userStream(login: string): string {
  return `$user-${login}`;
}

/** The users of a node as they stand in its log, in the streams and events of EventStoreDB. */
export class Users {
  constructor(private readonly log: EventLog) {}

  /** Undefined: there is none of that name, or not any more. */
  find(login: string): FoundUser | undefined {
    const stream = userStream(login);
    const state = this.log.catalog.find(stream, Date.now());
    if (state.kind !== 'present') return undefined;
    const event = this.log.storage.eventOf(stream, state.last);
    const user = event && parseUser(event);
    return user && { user, revision: state.last, updated: event.created };
  }

  /** Sorted by login. */
  all(): FoundUser[] {
    return [...this.#listed()].toSorted().flatMap((login) => this.find(login) ?? []);
  }

  /**
   * The event of the user alone decides who of several has made it, so it comes first. A server that is killed right
   * after it leaves a user that works; `complete` then writes the rest, and the caller, who got no answer, has it do so
   * by asking again.
   * @param password in the clear; only its hash is stored
   * @returns false when somebody else made a user of that name meanwhile, or its stream is deleted for good
   */
  async create(
    { loginName, fullName, groups }: Pick<User, 'loginName' | 'fullName' | 'groups'>,
    password: string,
  ): Promise<boolean> {
    const stream = userStream(loginName);
    // As it was when the caller found no such user: hashing takes long enough for somebody else to make one.
    const last = this.log.storage.lastRevision(stream);
    const user = { loginName, fullName, groups, disabled: false, ...(await hashPassword(password)) };
    const { kind } = await this.log.append(stream, after(last), [jsonEvent('$UserCreated', encodeUser(user))]);
    if (kind !== 'success') return false;
    await this.complete(loginName);
    return true;
  }

  /** Writes what a user has besides its own event: the rights of its stream and its place in the list, where they lack. */
  async complete(loginName: string): Promise<void> {
    const stream = userStream(loginName);
    const { acl, truncateBefore } = this.log.catalog.metadata(stream);
    const writes: Promise<unknown>[] = [];
    if (acl === undefined) {
      const metastream = metastreamOf(stream);
      const expected = after(this.log.storage.lastRevision(metastream));
      // Where a user of that login was deleted, its events stay hidden.
      const metadata = JSON.stringify({ $tb: truncateBefore, ...userStreamMetadata });
      writes.push(this.log.append(metastream, expected, [jsonEvent(metadataType, metadata)]));
    }
    if (!this.#listed().has(loginName)) {
      writes.push(this.log.append(listStream, any, [{ ...jsonEvent(listedType, loginName), isJson: false }]));
    }
    await Promise.all(writes);
  }

  /**
   * @param refusesOldPassword tells every node that what it remembers of the user's password is void
   * @returns false when the user was changed by somebody else meanwhile
   */
  async update({ user, revision }: FoundUser, change: Partial<User>, refusesOldPassword: boolean): Promise<boolean> {
    if (refusesOldPassword) await this.#notify(user.loginName);
    const event = jsonEvent('$UserUpdated', encodeUser({ ...user, ...change }));
    const { kind } = await this.log.append(userStream(user.loginName), after(revision), [event]);
    return kind === 'success';
  }

  /**
   * The login may be given again.
   * @returns false when the user was changed by somebody else meanwhile
   */
  async delete({ user: { loginName }, revision }: FoundUser): Promise<boolean> {
    const { kind } = await this.log.softDelete(userStream(loginName), after(revision));
    if (kind === 'success') await this.#notify(loginName);
    return kind === 'success';
  }

  /** What is written about a user's password and rights is written to one of these. */
  streamsOf(login: string): string[] {
    const stream = userStream(login);
    return [stream, metastreamOf(stream)];
  }

  /** Changes with every event in those streams. */
  versionOf(login: string): string {
    return this.streamsOf(login)
      .map((stream) => this.log.storage.lastRevision(stream))
      .join('/');
  }

  /** Also those that are deleted by now. */
  #listed(): Set<string> {
    const logins = new Set<string>();
    for (let from = 0, page: StoredEvent[]; ; from = page.at(-1)!.revision + 1) {
      page = this.log.storage.pageOfStream(listStream, from, false);
      if (page.length === 0) return logins;
      for (const { type, data } of page) if (type === listedType) logins.add(Buffer.from(data).toString());
    }
  }

  async #notify(loginName: string): Promise<void> {
    const metastream = metastreamOf(notificationsStream);
    await Promise.all([
      ...(this.log.storage.lastRevision(metastream) < 0
        ? [this.log.append(metastream, { kind: 'no_stream' }, [jsonEvent(metadataType, notificationsMetadata)])]
        : []),
      this.log.append(notificationsStream, any, [jsonEvent('$PasswordChanged', JSON.stringify({ loginName }))]),
    ]);
  }
}

/** @param last number of the event that must be the newest; -1: there must be none */
function after(last: number): ExpectedRevision {
  return last < 0 ? { kind: 'no_stream' } : { kind: 'revision', revision: BigInt(last) };
}

/** In EventStoreDB's order, and like it without what is false. */
function encodeUser({ loginName, fullName, salt, hash, disabled, groups }: User): string {
  return JSON.stringify({ loginName, fullName, salt, hash, ...(disabled && { disabled }), groups });
}

/** Undefined when somebody has written something else there. */
function parseUser({ data, isJson, revision }: StoredEvent): User | undefined {
  if (!isJson || revision === tombstoneRevision) return undefined;
  let json: Readonly<Record<string, unknown>>;
  try {
    json = Object(JSON.parse(Buffer.from(data).toString())) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const { loginName, fullName, salt, hash, disabled, groups } = json;
  if (typeof loginName !== 'string' || typeof salt !== 'string' || typeof hash !== 'string') return undefined;
  return {
    loginName,
    fullName: typeof fullName === 'string' ? fullName : '',
    salt,
    hash,
    disabled: disabled === true,
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  };
}
