import { expect, it } from 'vitest';
import type { ContractEvent } from '#libs/events/src/contract.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcCustomer } from '../spec-customer.js';
import { heldChangeListProjection } from './held-change-list.projection.js';

const facts = {
  contractId: 'c1',
  origin: { channel: 'webhook', sourceId: 's1', webhookId: 'm1' },
  changedAt: '2025-05-29T05:00:00.000Z',
} as const;
const { externalId } = abcCustomer;

it('lists the newest change of a contract until that is registered', () => {
  const held: ContractEvent[] = [
    { type: 'contract.change_held', data: { ...facts, externalId, change: 'suspended', reason: 'Unpaid.' } },
    { type: 'contract.change_held', data: { ...facts, externalId, change: 'terminated' } },
  ];
  const row = { contractId: 'c1', externalId, changedAt: new Date(facts.changedAt) };
  expect(projected(heldChangeListProjection, recorded(held.slice(0, 1)))).toEqual({
    c1: { ...row, change: 'suspended', reason: 'Unpaid.', heldAt: new Date('2026-01-05T09:00:00.000Z') },
  });
  expect(projected(heldChangeListProjection, recorded(held))).toEqual({
    c1: { ...row, change: 'terminated', reason: null, heldAt: new Date('2026-01-05T09:01:00.000Z') },
  });
  const drafted: ContractEvent = { type: 'contract.drafted', data: { ...facts, ...abcCustomer } };
  expect(projected(heldChangeListProjection, recorded([...held, drafted]))).toEqual({});
});
