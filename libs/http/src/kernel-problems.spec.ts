import { QueryFailedError } from 'typeorm';
import { expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import { CommandRefused, LogReplaced, SubjectErased } from '#libs/event-sourcing/src/errors.js';
import { SubjectKeysUnavailable } from '#libs/personal-data/src/subject-keys.js';
import { kernelProblem } from './kernel-problems.js';
import { registerProblemTable } from './problem.js';

it('answers a refusal with its facts, and names nobody whom the decider does not name', () => {
  registerProblemTable({ kernel_spec_late: { status: 409, title: 'Too late' } });
  const refused = new CommandRefused(new Refusal('kernel_spec_late', 'Look again.', { stage: 'WON' }));
  expect(kernelProblem(refused)).toMatchObject({ status: 409, code: 'kernel_spec_late', detail: 'Look again.' });
  expect(kernelProblem(refused)?.extensions).toEqual({ stage: 'WON' });
});

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
    code: 'personal_keys_unavailable',
    detail: 'The keys of personal data cannot be read just now. Nothing was changed; send the request again.',
    headers: { 'Retry-After': '2' },
  });
});

it('says when a read model of an older version serves that lacks what is asked for', () => {
  const missing = Object.assign(new Error('column deals.closed_by does not exist'), { code: '42703' });
  const problem = kernelProblem(new QueryFailedError('select closed_by from deals', [], missing));
  expect(problem).toMatchObject({ code: 'read_model_behind', status: 503, headers: { 'Retry-After': '5' } });
  expect(problem?.detail).toMatch(/Send the request again in a while/);
  expect(problem?.detail).not.toContain('closed_by');
  expect(kernelProblem(Object.assign(new Error('syntax error'), { code: '42601' }))).toBeUndefined();
});

it('answers 503 when the log was replaced, and leaves the details to /ready', () => {
  const problem = kernelProblem(new LogReplaced('The log ends at 16 now; this process has read it up to 4711.'));
  expect(problem).toMatchObject({ code: 'log_replaced', status: 503, headers: { 'Retry-After': '60' } });
  const { detail } = problem!.body({ instance: '/api/contracts', correlationId: 'c' });
  expect(detail).toMatch(/\/ready says what does not fit and what to do/);
  expect(detail).not.toContain('4711');
});
