import type { EventLog } from './event-log.js';
import { jsonEvent } from './stored-event.js';
import { metadataType, metastreamOf } from './stream-metadata.js';
import { administrators, operators, Users } from './users.js';

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

/**
 * Writes what a secure node has in its log from the first start on: the users admin and ops, if they are not there.
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
    if (users.find(user.loginName) === undefined) {
      await users.create(user, password ?? defaultPassword);
      if (password !== undefined) continue;
      notes.push(
        `The user ${user.loginName} has the password ${defaultPassword}, which everybody knows: change it, or set ${variable} before the first start.`,
      );
    } else if (password !== undefined) {
      notes.push(`${variable} is not heeded: the user ${user.loginName} exists, and keeps the password it has.`);
    }
  }
  const metastream = metastreamOf('$scavenges');
  if (log.storage.lastRevision(metastream) < 0) {
    await log.append(metastream, { kind: 'no_stream' }, [jsonEvent(metadataType, scavengesMetadata)]);
  }
  return notes;
}
