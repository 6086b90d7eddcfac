import { streamCategories } from '#libs/events/src/stream-categories.js';
import { EnvError, type EnvVariable, integer, readEnv, text, url } from '#libs/http/src/env.js';
import { mappingExpected, parseMapping, type RowMapping } from './row-mapping.js';

export interface PollingSettings {
  readonly url: string;
  /** Like `crm.customers`; a view will do. */
  readonly table: string;
  /** Grows with every change of a row: a point in time or a number. */
  readonly cursorColumn: string;
  readonly idColumn: string;
  readonly mapping: RowMapping;
  readonly everyMs: number;
  /** How far before the newest known value of the cursor column rows are looked at again: seconds, or numbers. */
  readonly overlap: number;
  /** Together with the customer's number it names the contract. */
  readonly source: string;
}

export interface InboxSettings {
  readonly stream: string;
  readonly source: string;
}

const identifier = /^[^\s"'.;\0]{1,63}$/;
const sourceForm = /^[\w.-]{1,64}$/;

/** Undefined where no contract database is set. @throws EnvError */
export function pollingSettings(env: NodeJS.ProcessEnv = process.env): PollingSettings | undefined {
  if (!env['CONTRACT_POLLING_URL']?.trim()) return undefined;
  const settings = readEnv(
    {
      CONTRACT_POLLING_URL: url({ example: 'postgres://keiyaku_reader@crm.example:5432/crm' }),
      CONTRACT_POLLING_TABLE: form('a table or view like crm.customers', (value) => {
        return value.split('.').length <= 2 && value.split('.').every((part) => identifier.test(part));
      }),
      CONTRACT_POLLING_CURSOR_COLUMN: form('a column like updated_at', (value) => identifier.test(value)),
      CONTRACT_POLLING_ID_COLUMN: form('a column like id', (value) => identifier.test(value)),
      CONTRACT_POLLING_MAPPING: mapping(),
      CONTRACT_POLLING_EVERY_SECONDS: integer({ default: 30, min: 1, max: 86_400 }),
      CONTRACT_POLLING_OVERLAP: integer({ default: 600, max: 1_000_000_000 }),
      CONTRACT_POLLING_SOURCE: source('contract-database'),
    },
    env,
  );
  return {
    url: settings.CONTRACT_POLLING_URL,
    table: settings.CONTRACT_POLLING_TABLE,
    cursorColumn: settings.CONTRACT_POLLING_CURSOR_COLUMN,
    idColumn: settings.CONTRACT_POLLING_ID_COLUMN,
    mapping: settings.CONTRACT_POLLING_MAPPING,
    everyMs: settings.CONTRACT_POLLING_EVERY_SECONDS * 1_000,
    overlap: settings.CONTRACT_POLLING_OVERLAP,
    source: settings.CONTRACT_POLLING_SOURCE,
  };
}

/** Undefined where no inbox is set. @throws EnvError */
export function inboxSettings(env: NodeJS.ProcessEnv = process.env): InboxSettings | undefined {
  if (!env['CONTRACT_INBOX_STREAM']?.trim()) return undefined;
  const { CONTRACT_INBOX_STREAM: stream, CONTRACT_INBOX_SOURCE } = readEnv(
    { CONTRACT_INBOX_STREAM: text(), CONTRACT_INBOX_SOURCE: source('inbox') },
    env,
  );
  // Streams of our own aggregates are no inbox.
  if (stream.startsWith('$') || streamCategories.some((category) => stream.startsWith(`${category}-`))) {
    throw new EnvError(['CONTRACT_INBOX_STREAM names a stream of the system itself. Take one like crm-inbox.']);
  }
  return { stream, source: CONTRACT_INBOX_SOURCE };
}

function mapping(): EnvVariable<RowMapping> {
  const own = parseMapping('{}');
  return { expected: mappingExpected, parse: parseMapping, ...(own && { fallback: { value: own } }) };
}

function source(name: string): EnvVariable<string> {
  const expected = 'up to 64 letters, digits, ".", "_" or "-"; the id of a webhook source goes on with its contracts';
  const fits = form(expected, (value) => sourceForm.test(value));
  return { ...fits, fallback: { value: name } };
}

function form(expected: string, fits: (value: string) => boolean): EnvVariable<string> {
  return { expected, parse: (value) => (fits(value) ? value : undefined) };
}
