import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';

/** Says what is wrong with a connection string, as what follows its name, and nothing of what it holds. */
export class BadConnectionString extends Error {}

const files = ['tlsCAFile', 'userCertFile', 'userKeyFile'];
const options = [
  'tls',
  'tlsVerifyCert',
  ...files,
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'maxDiscoverAttempts',
  'nodePreference',
  'throwOnAppendFailure',
];
const optionsByKey = new Map([
  ...options.map((option) => [flat(option), option] as const),
  ['dnsDiscover', 'dnsDiscover'],
]);

const unlikeOne =
  'is no connection string: it looks like esdb://USER:PASSWORD@HOST:2113 or esdb://HOST:2113?tls=false, and in USER and PASSWORD what is no letter or digit is percent-encoded.';

/**
 * Opens the official client. Of a string that it does not like it writes the whole, with the password, to standard
 * error or into its message; so it sees none of which that is known.
 * @throws BadConnectionString
 */
export function openEventStoreClient(url: string): EventStoreDBClient {
  demandGood(url);
  try {
    return EventStoreDBClient.connectionString(url);
  } catch {
    // Its message may hold a part of the string.
    throw new BadConnectionString(unlikeOne);
  }
}

/** Takes the string apart in the way of the client, which takes for options what comes after the first `@`. */
function demandGood(url: string): void {
  const [, afterScheme] = /^esdb(?:\+discover)?:\/\/(.*)$/s.exec(url.trim().replace(/\/+$/, '')) ?? [];
  if (afterScheme === undefined) throw new BadConnectionString(unlikeOne);
  const [credentials = ''] = /^[^:]+:[^@]+@/.exec(afterScheme) ?? [];
  const [hosts, ...rest] = afterScheme.slice(credentials.length).split('?');
  if (credentials.split(':').length > 2 || !isEncoded(credentials) || hosts!.includes('@') || rest.length > 1) {
    throw new BadConnectionString(unlikeOne);
  }
  const given = new Map<string, string>();
  for (const pair of rest.length === 0 ? [] : rest[0]!.split('&')) {
    const [, key, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) throw new BadConnectionString(unlikeOne);
    const option = optionsByKey.get(flat(key)) ?? optionsByKey.get(key);
    if (option === undefined) {
      throw new BadConnectionString(`has an option that the client does not know. It knows ${options.join(', ')}.`);
    }
    given.set(option, value.trim());
  }
  if (given.get('tlsVerifyCert') === 'false') {
    throw new BadConnectionString(
      'has tlsVerifyCert=false, which this client does not heed: leave it out, and name the authority that it is to trust with tlsCAFile.',
    );
  }
  if (given.has('userCertFile') !== given.has('userKeyFile')) {
    throw new BadConnectionString('has one of userCertFile and userKeyFile: give both.');
  }
  for (const option of files) {
    const file = option === 'tlsCAFile' && given.get('tls') === 'false' ? undefined : given.get(option);
    if (file !== undefined && !isReadable(file)) {
      throw new BadConnectionString(`has a ${option} that cannot be read: give the path of a file.`);
    }
  }
}

/** The client heeds neither the case of an option nor what stands between its words. */
function flat(key: string): string {
  return key.trim().toLowerCase().replaceAll(/[_-]/g, '');
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isReadable(encodedPath: string): boolean {
  try {
    readFileSync(resolve(decodeURIComponent(encodedPath)));
    return true;
  } catch {
    return false;
  }
}
