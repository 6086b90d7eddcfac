import { EventStoreDBClient } from '@eventstore/db-client';
import { UsageError } from './usage-error.js';

/** Opens the client of a command. @throws UsageError without the URL's text: it may hold a password */
export function connect(url: string | undefined): EventStoreDBClient {
  if (!url) throw new UsageError('Give --url: where the event store is, such as esdb://127.0.0.1:2113?tls=false.');
  try {
    return EventStoreDBClient.connectionString(url);
  } catch (error) {
    if (error instanceof Error && error.message.includes('ertificate')) throw new UsageError(error.message);
    throw new UsageError(
      '--url is no connection string: it looks like esdb://USER:PASSWORD@HOST:2113 or esdb://HOST:2113?tls=false.',
    );
  }
}
