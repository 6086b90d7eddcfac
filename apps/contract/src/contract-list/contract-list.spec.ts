import { expect, it } from 'vitest';
import type { DomainEvent, EventOfType } from '#libs/event-sourcing/src/event.js';
import type { ContractEvent } from '#libs/events/src/contract.js';
import { erased } from '#libs/events/src/erased.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcCustomer } from '../spec-customer.js';
import { contractListProjection } from './contract-list.projection.js';

const facts = { contractId: 'c1', ...abcCustomer };
const origin = { channel: 'api' } as const;
const changedAt = '2025-05-29T05:00:00.000Z';

const drafted: EventOfType<ContractEvent, 'contract.drafted'> = {
  type: 'contract.drafted',
  data: { ...facts, origin, changedAt },
};
const signed: ContractEvent = { type: 'contract.signed', data: facts };
const minute = (number: number) => new Date(Date.parse('2026-01-05T09:00:00.000Z') + number * 60_000);

const draftRow = {
  id: 'c1',
  revision: 0,
  status: 'draft',
  externalId: 'CUST-2025-001',
  companyName: 'ABC Corporation',
  companyEmail: 'it@abc-corp.example',
  language: 'ja',
  plan: 'enterprise',
  region: 'ap-northeast-1',
  storageQuota: '1TB',
  userLimit: 100,
  contractDate: '2025-05-29',
  createdAt: minute(0),
  signedAt: null,
  updatedAt: minute(0),
  changeRecordedAt: null,
};

it('lists a draft', () => {
  expect(projected(contractListProjection, recorded([drafted]))).toEqual({ c1: draftRow });
});

it('shows when it was signed', () => {
  expect(projected(contractListProjection, recorded([drafted, signed]))).toEqual({
    c1: { ...draftRow, revision: 1, status: 'signed', signedAt: minute(1), updatedAt: minute(1) },
  });
});

it('notes a recorded change and keeps what is applied', () => {
  const data = { ...facts, terms: { ...facts.terms, userLimit: 200 }, origin, changedAt };
  const changed: ContractEvent = { type: 'contract.change_recorded', data };
  expect(projected(contractListProjection, recorded([drafted, signed, changed]))['c1']).toMatchObject({
    revision: 2,
    userLimit: 100,
    changeRecordedAt: minute(2),
  });
});

it('follows the revision through a superseded change', () => {
  const data = { contractId: 'c1', origin, changedAt, appliedChangedAt: changedAt };
  const superseded: ContractEvent = { type: 'contract.change_superseded', data };
  expect(projected(contractListProjection, recorded([drafted, signed, superseded]))['c1']).toMatchObject({
    revision: 2,
    changeRecordedAt: null,
    updatedAt: minute(2),
  });
});

it('holds the marker in place of a contact who was erased, and leaves others alone', () => {
  const other: ContractEvent = { ...drafted, data: { ...drafted.data, contractId: 'c2' } };
  for (const gone of erasureEventsOf('contract:c1')) {
    expect(projected(contractListProjection, recorded<DomainEvent>([drafted, other, gone]))).toEqual({
      c1: { ...draftRow, companyName: erased, companyEmail: erased },
      c2: { ...draftRow, id: 'c2', revision: 1, createdAt: minute(1), updatedAt: minute(1) },
    });
  }
  const user = recorded<DomainEvent>([drafted, ...erasureEventsOf('user:c1')]);
  expect(projected(contractListProjection, user)).toEqual({ c1: draftRow });
});
