import { expect, it } from 'vitest';
import { SubjectErased } from '#libs/event-sourcing/src/errors.js';
import { SubjectKeysUnavailable } from '#libs/personal-data/src/subject-keys.js';
import { kernelProblem } from './kernel-problems.js';

it('answers new personal values of somebody who was erased with 410 and what to do', () => {
  expect(kernelProblem(new SubjectErased('user:1'))).toMatchObject({
    status: 410,
    code: 'subject_erased',
    detail: 'The personal data of user:1 was erased and is not stored again. Use a new record for it.',
    extensions: { subject: 'user:1' },
  });
});

it('says that nothing was changed while the keys of personal data are away', () => {
  expect(kernelProblem(new SubjectKeysUnavailable(new Error('connect ECONNREFUSED')))).toMatchObject({
    status: 503,
    code: 'temporarily_unavailable',
    detail: 'The keys of personal data cannot be read just now. Nothing was changed; send the request again.',
    headers: { 'Retry-After': '2' },
  });
});
