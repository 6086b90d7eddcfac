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
  amendedAt: null,
  standingChangedAt: null,
  standingReason: null,
  changeRefusedAt: null,
  changeRefusedReason: null,
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

const larger = { ...facts.terms, userLimit: 200, storageQuota: '2TB' };
const amended: ContractEvent = {
  type: 'contract.amended',
  data: { ...facts, terms: larger, origin, changedAt, previous: facts.terms },
};
const refused: ContractEvent = {
  type: 'contract.amendment_refused',
  data: { contractId: 'c1', reason: 'Storage can not shrink.', origin, changedAt },
};

it('shows what was amended, and what was refused until a later change was not', () => {
  const history = [drafted, signed, refused];
  expect(projected(contractListProjection, recorded(history))['c1']).toMatchObject({
    revision: 2,
    userLimit: 100,
    changeRefusedAt: minute(2),
    changeRefusedReason: 'Storage can not shrink.',
  });
  expect(projected(contractListProjection, recorded([...history, amended]))['c1']).toEqual({
    ...draftRow,
    ...larger,
    revision: 3,
    status: 'signed',
    signedAt: minute(1),
    amendedAt: minute(3),
    updatedAt: minute(3),
  });
});

it.each([
  ['contract.suspended', 'suspended'],
  ['contract.resumed', 'signed'],
  ['contract.terminated', 'terminated'],
  ['contract.cancelled', 'cancelled'],
] as const)('%s makes a contract %s', (type, status) => {
  const facts = { contractId: 'c1', origin, changedAt };
  const history = [drafted, signed, refused, { type, data: { ...facts, reason: 'Unpaid.' } }] as const;
  expect(projected(contractListProjection, recorded<ContractEvent>([...history]))['c1']).toEqual({
    ...draftRow,
    revision: 3,
    status,
    signedAt: minute(1),
    standingChangedAt: minute(3),
    standingReason: 'Unpaid.',
    updatedAt: minute(3),
  });
  const again = [...history, { type, data: facts }] as ContractEvent[];
  expect(projected(contractListProjection, recorded(again))['c1']).toMatchObject({ standingReason: null });
});

it('lists nothing for a change that came before its contract', () => {
  const held: ContractEvent = {
    type: 'contract.change_held',
    data: { contractId: 'c1', externalId: 'CUST-2025-001', change: 'suspended', origin, changedAt },
  };
  expect(projected(contractListProjection, recorded([held]))).toEqual({});
});

it('notes a recorded change of an old log until the contract is amended', () => {
  const data = { ...facts, terms: { ...facts.terms, userLimit: 200 }, origin, changedAt };
  const changed: ContractEvent = { type: 'contract.change_recorded', data };
  expect(projected(contractListProjection, recorded([drafted, signed, changed]))['c1']).toMatchObject({
    revision: 2,
    userLimit: 100,
    changeRecordedAt: minute(2),
  });
  const after = projected(contractListProjection, recorded([drafted, signed, changed, amended]))['c1'];
  expect(after).toMatchObject({ userLimit: 200, changeRecordedAt: null });
});

it('follows the revision through a superseded and a confirmed change', () => {
  const data = { contractId: 'c1', origin, changedAt, appliedChangedAt: changedAt };
  const superseded: ContractEvent = { type: 'contract.change_superseded', data };
  const confirmed: ContractEvent = {
    type: 'contract.report_confirmed',
    data: { contractId: 'c1', confirms: 'content', origin, changedAt },
  };
  expect(projected(contractListProjection, recorded([drafted, signed, superseded, confirmed]))['c1']).toEqual({
    ...draftRow,
    status: 'signed',
    signedAt: minute(1),
    revision: 3,
    updatedAt: minute(3),
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
