import { expect, it } from 'vitest';
import { CalendarDay, Instant } from './text-rules.js';
import { RequestValidationPipe } from './validation.js';

class Meeting {
  @Instant() at: string;
}

const checked = (at: string): Promise<unknown> =>
  new RequestValidationPipe().transform({ at }, { type: 'body', metatype: Meeting });

it.each(['2025-05-29T09:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '9999-12-31T23:59:59+01:00'])(
  'takes the instant %s',
  async (at) => expect(await checked(at)).toEqual({ at }),
);

it.each([
  '2025-02-30T09:00:00Z',
  '2025-05-29T09:00:00',
  '0000-06-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59-01:00',
])('refuses %s, which is no instant that can be stored', async (at) => {
  await expect(checked(at)).rejects.toMatchObject({ extensions: { errors: [{ in: 'body', pointer: '/at' }] } });
});

class Person {
  @CalendarDay() bornOn: string;
}

it.each([
  ['0001-01-01', true],
  ['2024-02-29', true],
  ['2025-02-29', false],
  ['0000-06-01', false],
  ['2025-6-1', false],
])('the day %s can be stored: %s', async (bornOn, fits) => {
  const outcome = await new RequestValidationPipe().transform({ bornOn }, { type: 'body', metatype: Person }).then(
    () => true,
    () => false,
  );
  expect(outcome).toBe(fits);
});
