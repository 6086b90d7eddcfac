import { describe, expect, it } from 'vitest';
import { wrongEffects } from '../../scripts/faults/crm/run-crm-kills.js';
import type { RawEvent } from '../../scripts/faults/raw-log.js';

const answer = { what: 'POST /api/customers', status: 201, headers: new Headers(), text: '{}' };
const sent = { correlationId: 'one', effects: ['customer.created'], answer };
const event = (type: string, metadata: object = {}): RawEvent => ({
  id: 'e',
  stream: 'customer-1',
  revision: 0,
  position: 1n,
  type,
  data: {},
  metadata: { correlationId: 'one', ...metadata },
});

describe('the effects of a command', () => {
  it('are right when each stands in the log once', () => {
    expect(wrongEffects([sent], [event('customer.created')])).toEqual([]);
  });

  it('are not those of policies, nor of other commands', () => {
    const others = [event('deal.opened', { causationId: 'e' }), event('task.created', { correlationId: 'two' })];
    expect(wrongEffects([sent], [event('customer.created'), ...others])).toEqual([]);
  });

  it('are wrong when one is missing, too many or another one', () => {
    expect(wrongEffects([sent], [])).toEqual(['POST /api/customers is to store customer.created and stored nothing']);
    const twice = [event('customer.created'), event('customer.created')];
    expect(wrongEffects([sent], twice)).toHaveLength(1);
    expect(wrongEffects([sent], [event('customer.updated')])).toHaveLength(1);
  });
});
