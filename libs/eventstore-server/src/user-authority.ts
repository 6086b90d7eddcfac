import { createHmac, randomBytes } from 'node:crypto';
import { anonymous, isAdministrator, unauthenticated } from './access.js';
import type { Action, Authority, Principal } from './access.js';
import type { EventLog } from './event-log.js';
import { passwordMatches } from './passwords.js';
import { parseDefaultAcls, subjectOf } from './stream-metadata.js';
import type { DefaultAcls, StreamAcl } from './stream-metadata.js';
import { administrators } from './users.js';
import type { User, Users } from './users.js';

const mostRemembered = 1_000;
const everybody = '$all';
const settingsStream = '$settings';
/** Somebody to check a password against when there is no such user: the time it takes gives nothing away. */
const nobody = { salt: Buffer.alloc(16).toString('base64'), hash: Buffer.alloc(20).toString('base64') };

interface Verified {
  readonly principal: Principal;
  /** Of the user, when the password was checked. */
  readonly version: string;
}

/** The authority of a secure node: the users in its log, and the access control lists in its streams. */
export class UserAuthority implements Authority {
  /** By hash of the header. To hash a password costs as much as a hundred calls. */
  readonly #verified = new Map<string, Verified>();
  readonly #secret = randomBytes(32);
  #defaults: { readonly revision: number; readonly acls: DefaultAcls } = { revision: -1, acls: {} };

  constructor(
    private readonly log: EventLog,
    private readonly users: Users,
  ) {}

  async identify(authorization: string | undefined): Promise<Principal> {
    if (authorization === undefined) return anonymous;
    const { login, password } = readBasic(authorization);
    const key = createHmac('sha256', this.#secret).update(authorization).digest('base64');
    const known = this.#verified.get(key);
    const version = this.users.versionOf(login);
    if (known?.version === version) return known.principal;
    this.#verified.delete(key);
    const matches = await passwordMatches(password, this.users.find(login)?.user ?? nobody);
    // Looked up again: a change that came meanwhile makes what is remembered void, but it has to be heeded now too.
    const user = this.users.find(login)?.user;
    if (user === undefined || !matches || user.disabled) throw unauthenticated();
    const principal = principalOf(user);
    this.#remember(key, { principal, version });
    return principal;
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
    const { storage } = this.log;
    const revision = storage.lastRevision(settingsStream);
    if (revision !== this.#defaults.revision) {
      this.#defaults = { revision, acls: parseDefaultAcls(storage.eventOf(settingsStream, revision)) };
    }
    return this.#defaults.acls;
  }

  #remember(key: string, verified: Verified): void {
    if (this.#verified.size >= mostRemembered) {
      const [oldest] = this.#verified.keys();
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.set(key, verified);
  }
}

function principalOf({ loginName, groups }: User): Principal {
  return { name: loginName, groups };
}

/** @throws CallError UNAUTHENTICATED when it is something else */
function readBasic(authorization: string): { login: string; password: string } {
  const encoded = /^basic ([\w+/=-]+)$/i.exec(authorization)?.[1];
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon < 0) throw unauthenticated();
  return { login: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
