import { describe, expect, it } from 'vitest';
import { inboxSettings, pollingSettings } from './intake-settings.js';

const polling = {
  CONTRACT_POLLING_URL: 'postgres://reader@crm.example/crm',
  CONTRACT_POLLING_TABLE: 'crm.customers',
  CONTRACT_POLLING_CURSOR_COLUMN: 'updated_at',
  CONTRACT_POLLING_ID_COLUMN: 'id',
};

describe('a contract database', () => {
  it('is not looked at unless it is set', () => {
    expect(pollingSettings({})).toBeUndefined();
  });

  it('has columns of our names, is looked at every 30 s and 10 minutes back, unless said otherwise', () => {
    expect(pollingSettings(polling)).toMatchObject({
      table: 'crm.customers',
      everyMs: 30_000,
      overlap: 600,
      source: 'contract-database',
      mapping: { id: { column: 'id' }, storage_quota: { column: 'storage_quota' } },
    });
    const more = { CONTRACT_POLLING_EVERY_SECONDS: '5', CONTRACT_POLLING_OVERLAP: '0', CONTRACT_POLLING_SOURCE: 'crm' };
    expect(pollingSettings({ ...polling, ...more })).toMatchObject({ everyMs: 5_000, overlap: 0, source: 'crm' });
  });

  it.each([
    ['CONTRACT_POLLING_TABLE', undefined],
    ['CONTRACT_POLLING_TABLE', 'a.b.c'],
    ['CONTRACT_POLLING_TABLE', 'customers; drop table customers'],
    ['CONTRACT_POLLING_CURSOR_COLUMN', undefined],
    ['CONTRACT_POLLING_ID_COLUMN', 'a "b"'],
    ['CONTRACT_POLLING_MAPPING', '{"colour": "red"}'],
    ['CONTRACT_POLLING_EVERY_SECONDS', '0'],
    ['CONTRACT_POLLING_OVERLAP', '-1'],
    ['CONTRACT_POLLING_SOURCE', 'a b'],
  ])('needs a %s that is not %s', (name, value) => {
    expect(() => pollingSettings({ ...polling, [name]: value })).toThrow(
      new RegExp(`^${name} is not (set|usable)\\. Set it to`),
    );
  });
});

describe('an inbox', () => {
  it('is not followed unless it is set', () => {
    expect(inboxSettings({})).toBeUndefined();
    expect(inboxSettings({ CONTRACT_INBOX_STREAM: 'crm-inbox' })).toEqual({ stream: 'crm-inbox', source: 'inbox' });
  });

  it.each([
    '$all',
    '$settings',
    'contract-1',
    'webhook-source-1',
    'cluster-default',
    'unique-email-1',
    'parked_event-1',
  ])('is not the stream %s', (stream) => {
    expect(() => inboxSettings({ CONTRACT_INBOX_STREAM: stream })).toThrow(
      'CONTRACT_INBOX_STREAM names a stream of the system',
    );
  });
});
