import type { EventLog } from './event-log.js';
import { jsonEvent } from './stored-event.js';
import { metadataType, metastreamOf } from './stream-metadata.js';
import { administrators, operators, userStream } from './users.js';
import type { Users } from './users.js';

const defaultPassword = 'changeit';
const builtIn = [
  {
    loginName: 'admin',
    fullName: 'Event Store Administrator',
    groups: [administrators],
    variable: 'EVENTSTORE_ADMIN_PASSWORD',
  },
  { loginName: 'ops', fullName: 'Event Store Operations', groups: [operators], variable: 'EVENTSTORE_OPS_PASSWORD' },
];
const scavengesMetadata = JSON.stringify({
  $maxAge: 30 * 24 * 3_600,
  $acl: { $r: [operators], $w: [], $d: [], $mr: [], $mw: [] },
});

/** @returns what the operator should know of a node without TLS, whose environment names passwords all the same */
export function notesWithoutUsers(environment: Readonly<Record<string, string | undefined>>): string[] {
  return builtIn
    .filter(({ variable }) => environment[variable] !== undefined)
    .map(
      ({ variable }) => `${variable} is not heeded: without TLS there are no users, and everybody may do everything.`,
    );
}

/**
 * Writes what a secure node has in its log from the first start with TLS on: the users admin and ops, if they are not
 * there.
 * @param environment may name their passwords, which are heeded only when the users are made
 * @returns what the operator should know
 * @throws Error when a password is empty
 */
export async function makeBuiltInUsers(
  log: EventLog,
  users: Users,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const notes: string[] = [];
  for (const { variable, ...user } of builtIn) {
    const password = environment[variable];
    if (password === '') throw new Error(`${variable} is empty: give it a password, or do not set it.`);
    const { loginName } = user;
    if (users.find(loginName) !== undefined) {
      await users.complete(loginName);
      if (password === undefined) continue;
      notes.push(`${variable} is not heeded: the user ${loginName} exists, and keeps the password it has.`);
    } else if (!(await users.create(user, password ?? defaultPassword))) {
      notes.push(
        `There is no user ${loginName}, and none can be made: the stream ${userStream(loginName)} is deleted for good. Its work is left to others in the group ${user.groups.join()}.`,
      );
    } else if (password === undefined) {
      notes.push(
        `The user ${loginName} has the password ${defaultPassword}, which everybody knows: change it. Of a new log ${variable} sets it, at its first start with TLS.`,
      );
    }
  }
  const metastream = metastreamOf('$scavenges');
  if (log.storage.lastRevision(metastream) < 0) {
    await log.append(metastream, { kind: 'no_stream' }, [jsonEvent(metadataType, scavengesMetadata)]);
  }
  return notes;
}
