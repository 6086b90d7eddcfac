import type { EventStoreDBClient } from '@eventstore/db-client';
import { BadConnectionString, openEventStoreClient } from '#libs/event-sourcing/src/event-store-client.js';
import { UsageError } from './usage-error.js';

/**
 * Opens the client of a command.
 * @param url without it EVENTSTORE_URL counts, which keeps a password out of the list of processes
 * @throws UsageError without the URL's text: it may hold a password
 */
export function connect(url: string | undefined): EventStoreDBClient {
  const [name, given] = url === undefined ? ['EVENTSTORE_URL', process.env['EVENTSTORE_URL']] : ['--url', url];
  if (!given) {
    throw new UsageError(
      'Give --url: where the event store is, such as esdb://127.0.0.1:2113?tls=false. Or set EVENTSTORE_URL.',
    );
  }
  try {
    return openEventStoreClient(given);
  } catch (error) {
    throw error instanceof BadConnectionString ? new UsageError(`${name} ${error.message}`) : error;
  }
}
