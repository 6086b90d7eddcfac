import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { EventStoreUnavailable } from './errors.js';
import { awayStore, isInfrastructureError, lacksColumn } from './infrastructure-error.js';

const withCode = (code: string): Error => Object.assign(new Error('no'), { code });
const named = (name: string): Error => Object.assign(new Error('no'), { name });

describe('what is away and comes back', () => {
  it.each([
    ['the event store', new EventStoreUnavailable(new Error('no'))],
    ['a refused connection', withCode('ECONNREFUSED')],
    ['a refused connection under a failed fetch', new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') })],
    ['one of several addresses', new AggregateError([withCode('ECONNREFUSED')])],
    ['Postgres that stops', withCode('57P01')],
    ['a deadlock', withCode('40P01')],
    ['a pool whose Postgres is gone', new Error('Connection terminated unexpectedly')],
    ['a data source that connects again', named('CannotExecuteNotConnectedError')],
    ['Redis that stays away', named('MaxRetriesPerRequestError')],
    ['Redis that is closed', new Error('Connection is closed.')],
    ['Redis that starts', new Error('LOADING Redis is loading the dataset in memory')],
    ['a call that took too long', AbortSignal.abort(named('TimeoutError')).reason],
  ])('is %s', (_name, error) => expect(isInfrastructureError(error)).toBe(true));

  it.each([
    ['a mistake in the program', new TypeError("Cannot read properties of undefined (reading 'id')")],
    ['a row that breaks a rule', withCode('23505')],
    ['a word about a connection', new Error('The customer said: connection is closed.')],
    ['something that is no error', 'ECONNREFUSED'],
  ])('is not %s', (_name, error) => expect(isInfrastructureError(error)).toBe(false));
});

it('a read model whose older version serves lacks a column, which is nothing that is away', () => {
  const missing = withCode('42703');
  expect([lacksColumn(missing), isInfrastructureError(missing)]).toEqual([true, false]);
  expect(lacksColumn(new QueryFailedError('select 1', [], missing))).toBe(true);
  expect([withCode('42601'), withCode('57P01'), '42703'].map(lacksColumn)).toEqual([false, false, false]);
});

describe('which store is away', () => {
  it.each([
    ['event store', new EventStoreUnavailable(new Error('no'))],
    ['database', withCode('ECONNREFUSED')],
    ['database', new AggregateError([withCode('ECONNREFUSED')])],
    ['database', withCode('57P01')],
    ['database', new Error('timeout exceeded when trying to connect')],
    ['database', new Error('Connection terminated: the database does not answer.')],
    [undefined, new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') })],
    [undefined, named('MaxRetriesPerRequestError')],
  ])('is told by its error: %s', (store, error) => expect(awayStore(error)).toBe(store));
});
