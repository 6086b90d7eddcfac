import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { SubjectKeysUnavailable } from '#libs/personal-data/src/subject-keys.js';
import { EventStoreUnavailable, ReadModelBehind } from './errors.js';

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
]);
/** Of TypeORM, of the Redis client, and of a call that was given a time limit. */
const awayNames = new Set(['CannotExecuteNotConnectedError', 'MaxRetriesPerRequestError', 'TimeoutError']);
/** Drivers say these without a code. */
const awayMessages =
  /connection terminated|timeout exceeded when trying to connect|not queryable|^(Connection is closed|Command timed out)\.?$|^(LOADING|READONLY|CLUSTERDOWN) /i;
const databaseMessages = /connection terminated|timeout exceeded when trying to connect|not queryable/i;
/** SQLSTATE classes: connection, transaction rollback, out of resources, operator intervention. */
const sqlClasses = ['08', '40', '53', '57'];

/** True when something outside is away for now and the same work may succeed later. */
export function isInfrastructureError(error: unknown): boolean {
  if (error instanceof EventStoreUnavailable || error instanceof SubjectKeysUnavailable) return true;
  if (error instanceof ReadModelBehind) return true;
  // TypeORM lets go of a connection that drops; a transaction that goes on with it hears only this.
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  if (error instanceof QueryRunnerProviderAlreadyReleasedError) return true;
  if (error instanceof AggregateError) return error.errors.some(isInfrastructureError);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (networkCodes.has(code) || (code.length === 5 && sqlClasses.includes(code.slice(0, 2)))) return true;
  if (awayNames.has(error.name) || awayMessages.test(error.message)) return true;
  return error.cause !== undefined && isInfrastructureError(error.cause);
}

/**
 * True when a read model lacks a column that is asked for: the table of its older version serves until the new one is
 * filled. Readers and policies wait for that; a runner, which writes tables of its own version alone, does not.
 */
export function lacksColumn(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === undefinedColumn;
}

const undefinedColumn = '42703';

/** Which store is away, by an infrastructure error; undefined where the error does not tell. */
export function awayStore(error: unknown): 'event store' | 'database' | undefined {
  if (error instanceof EventStoreUnavailable) return 'event store';
  // What calls over HTTP wraps the errors of its network; the driver of the database hands them on.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return undefined;
  const refused = 'code' in first && typeof first.code === 'string' && networkCodes.has(first.code);
  const typeorm = [QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];
  const ofDatabase = typeorm.some((kind) => first instanceof kind) || first.name === 'CannotExecuteNotConnectedError';
  const sqlState = 'code' in first && typeof first.code === 'string' && sqlClasses.includes(first.code.slice(0, 2));
  return refused || ofDatabase || sqlState || databaseMessages.test(first.message) ? 'database' : undefined;
}
