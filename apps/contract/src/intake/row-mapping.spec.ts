import { describe, expect, it } from 'vitest';
import { columnsOf, inColumns, instantOf, mapped, parseMapping, type RowMapping } from './row-mapping.js';

const row = {
  id: 'CUST-2025-001',
  name: 'ABC Corporation',
  plan: 'enterprise',
  region: 'ap-northeast-1',
  storage_quota: '1TB',
  user_limit: 100,
  contract_date: '2025-05-29',
  email: 'it@abc-corp.example',
  language: 'ja',
  updated_at: '2025-05-29T09:00:00+00:00',
};

function mapping(text: string): RowMapping {
  const parsed = parseMapping(text);
  if (!parsed) throw new Error(`${text} is no mapping`);
  return parsed;
}

describe('a mapping', () => {
  it('takes a field that it leaves out from the column of that name', () => {
    const { updated_at: changedAt, ...customer } = row;
    expect(mapped(row, mapping('{}'), 'updated_at')).toEqual({
      status: undefined,
      customer,
      reason: undefined,
      changedAt,
    });
    expect(columnsOf(mapping('{"id": "no", "language": {"value": "en"}}'))).not.toContain('language');
  });

  it('reads other columns, translates values and sets what no column has', () => {
    const text = `{"id": "no", "plan": {"column": "tariff", "values": {"E": "enterprise", "1": "starter"}},
      "language": {"value": "en"}, "status": {"column": "state", "values": {"S": "suspended"}}, "reason": "why",
      "changed_at": "changed"}`;
    const other = { ...row, no: 4711, tariff: 'E', state: 'S', why: 'Unpaid.', changed: '2025-06-01' };
    expect(mapped(other, mapping(text), 'updated_at')).toMatchObject({
      status: 'suspended',
      customer: { id: '4711', plan: 'enterprise', language: 'en' },
      reason: 'Unpaid.',
      changedAt: '2025-06-01',
    });
    expect(mapped({ ...other, tariff: 1 }, mapping(text), 'updated_at')).toMatchObject({
      customer: { plan: 'starter' },
    });
  });

  it('gives columns the types of reports', () => {
    const typed = { ...row, id: 7, user_limit: '250', contract_date: '2025-05-29T00:00:00', email: null };
    expect(mapped(typed, mapping('{}'), 'updated_at')).toMatchObject({
      customer: { id: '7', user_limit: 250, contract_date: '2025-05-29', email: undefined },
    });
  });

  it.each([
    [null, 'active'],
    ['active', 'active'],
    ['terminated', 'terminated'],
    ['cancelled', 'cancelled'],
  ])('with a status of %s finds %s', (state, status) => {
    expect(mapped({ ...row, state }, mapping('{"status": "state"}'), 'updated_at')).toHaveProperty('status', status);
  });

  it('says where a status stands that means nothing', () => {
    expect(mapped({ ...row, state: 'asleep' }, mapping('{"status": "state"}'), 'updated_at')).toEqual({
      pointer: '/state',
      detail: expect.stringContaining('active, suspended, terminated, cancelled') as unknown,
    });
  });

  it.each([
    'id=no',
    '[]',
    'null',
    '{"colour": "red"}',
    '{"id": ""}',
    '{"id": 7}',
    '{"id": {"value": true}}',
    '{"id": {"column": "no", "values": ["E"]}}',
    '{"id": {"values": {"E": "enterprise"}}}',
  ])('is not %s', (text) => {
    expect(parseMapping(text)).toBeUndefined();
  });
});

it('mistakes name the column', () => {
  const found = ['/data/customer/plan', '/data/reason', '/timestamp', '/type'].map((pointer) => ({
    pointer,
    detail: '',
  }));
  const named = mapping('{"plan": "tariff", "reason": "why"}');
  expect(inColumns(found, named, 'updated_at').map(({ pointer }) => pointer)).toEqual([
    '/tariff',
    '/why',
    '/updated_at',
    '/type',
  ]);
  expect(inColumns(found, mapping('{"changed_at": "changed"}'), 'seq')[2]).toHaveProperty('pointer', '/changed');
});

it.each([
  ['2025-05-29', '2025-05-29T00:00:00Z'],
  ['2025-05-29T09:00:00.123456', '2025-05-29T09:00:00.123456Z'],
  ['2025-05-29T09:00:00+09:00', '2025-05-29T09:00:00+09:00'],
  [5, 5],
])('%s is the instant %s', (value, instant) => {
  expect(instantOf(value)).toBe(instant);
});
