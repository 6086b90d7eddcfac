import { expect, it } from 'vitest';
import { abcEnvironment } from '../spec-environment.js';
import { refusedInPlace } from './in-place.js';

const { terms } = abcEnvironment;
const refused = (changes: Partial<typeof terms>) => refusedInPlace(terms, { ...terms, ...changes }, 'env-abc');

it('takes more storage, other users and another plan', () => {
  expect(refused({ storageQuota: '2TB', userLimit: 5, plan: 'business' })).toEqual([]);
});

it('counts storage, not words', () => {
  expect(refused({ storageQuota: '1000GB' })).toEqual([]);
});

it('refuses to shrink a volume, with the way out', () => {
  expect(refused({ storageQuota: '999GB' })).toEqual([
    {
      object: 'PersistentVolumeClaim files in env-abc',
      reason: "A volume can't shrink from 1TB to 999GB",
      whatToDo: expect.stringContaining('sign a new contract with less'),
    },
  ]);
});

it('refuses to move a region, with the way out', () => {
  expect(refused({ region: 'eu-central-1' })).toEqual([
    {
      reason: "An environment can't move from ap-northeast-1 to eu-central-1",
      whatToDo: expect.stringContaining('Sign a new contract in eu-central-1'),
    },
  ]);
});
