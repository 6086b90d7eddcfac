import { hash, randomBytes } from 'node:crypto';
import { anonymous, isAdministrator, unauthenticated } from './access.js';
import type { Action, Authority, Principal } from './access.js';
import type { EventLog } from './event-log.js';
import { passwordMatches } from './passwords.js';
import type { StoredEvent } from './stored-event.js';
import { metastreamOf, parseDefaultAcls, subjectOf } from './stream-metadata.js';
import type { DefaultAcls, StreamAcl } from './stream-metadata.js';
import { administrators } from './users.js';
import type { Users } from './users.js';

const mostRemembered = 1_000;
const everybody = '$all';
const settingsStream = '$settings';
/** Somebody to check a password against when there is no such user: the time it takes gives nothing away. */
const nobody = { salt: Buffer.alloc(16).toString('base64'), hash: Buffer.alloc(20).toString('base64') };

interface Verified {
  readonly principal: Principal;
  forget(): void;
}

/** The authority of a secure node: the users in its log, and the access control lists in its streams. */
export class UserAuthority implements Authority {
  /** By hash of the header. To hash a password costs as much as a hundred calls. */
  readonly #verified = new Map<string, Verified>();
  readonly #secret = randomBytes(32).toString('base64');
  #defaults: DefaultAcls | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly users: Users,
  ) {
    for (const stream of [settingsStream, metastreamOf(settingsStream)]) {
      log.changes.watch(stream, () => (this.#defaults = undefined));
    }
  }

  async identify(authorization: string | undefined): Promise<Principal> {
    if (authorization === undefined) return anonymous;
    const key = hash('sha256', this.#secret + authorization, 'base64');
    const known = this.#verified.get(key);
    if (known !== undefined) return known.principal;
    const { login, password } = readBasic(authorization);
    return this.#verify(key, login, password);
  }

  mayDo(principal: Principal, action: Action, name: string): boolean {
    if (principal === anonymous) return false;
    const stream = name === '' ? everybody : name;
    if (stream === everybody && action !== 'read') return false;
    const subject = subjectOf(stream);
    if (subject !== undefined && action === 'delete') return false;
    if (isAdministrator(principal)) return true;
    const roles =
      subject === undefined
        ? this.#rolesFor(action, stream)
        : this.#rolesFor(action === 'read' ? 'metaRead' : 'metaWrite', subject);
    return roles.some((role) => role === everybody || role === principal.name || principal.groups.includes(role));
  }

  /** What the stream says itself comes first, part by part, then what is set for all streams, then what is built in. */
  #rolesFor(part: keyof StreamAcl, stream: string): readonly string[] {
    const isSystem = stream.startsWith('$');
    const own = this.log.catalog.metadata(stream).acl?.[part];
    const common = own ?? this.#defaultAcls()[isSystem ? 'systemStreams' : 'userStreams']?.[part];
    return common ?? [isSystem ? administrators : everybody];
  }

  #defaultAcls(): DefaultAcls {
    this.#defaults ??= parseDefaultAcls(this.#newestSettings());
    return this.#defaults;
  }

  #newestSettings(): StoredEvent | undefined {
    const state = this.log.catalog.find(settingsStream, Date.now());
    return state.kind === 'present' ? this.log.storage.eventOf(settingsStream, state.last) : undefined;
  }

  async #verify(key: string, login: string, password: string): Promise<Principal> {
    const version = this.users.versionOf(login);
    const user = this.users.find(login)?.user;
    const matches = await passwordMatches(password, user ?? nobody);
    if (this.users.versionOf(login) !== version) return this.#verify(key, login, password);
    if (user === undefined || !matches || user.disabled) throw unauthenticated();
    const principal = { name: user.loginName, groups: user.groups };
    this.#remember(key, login, principal);
    return principal;
  }

  #remember(key: string, login: string, principal: Principal): void {
    this.#verified.get(key)?.forget();
    if (this.#verified.size >= mostRemembered) this.#verified.values().next().value?.forget();
    const forget = (): void => {
      this.#verified.delete(key);
      for (const unwatch of watches) unwatch();
    };
    const watches = this.users.streamsOf(login).map((stream) => this.log.changes.watch(stream, forget));
    this.#verified.set(key, { principal, forget });
  }
}

/** @throws CallError UNAUTHENTICATED when it is something else */
function readBasic(authorization: string): { login: string; password: string } {
  const encoded = /^basic ([\w+/=-]+)$/i.exec(authorization)?.[1];
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon < 0) throw unauthenticated();
  return { login: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
