import { IsIn } from 'class-validator';
import { expect, it } from 'vitest';
import { Optional, RequestValidationPipe } from './validation.js';

class Retry {
  @Optional()
  @IsIn(['plan', 'apply'])
  from?: string;
}

const checked = (body: object): Promise<unknown> =>
  new RequestValidationPipe().transform(body, { type: 'body', metatype: Retry });

it.each([{}, { from: undefined }, { from: 'plan' }])('takes %j for an optional property', async (body) => {
  expect(await checked(body)).toEqual(body);
});

it.each([null, '', 'wait'])('refuses %j for an optional property', async (from) => {
  await expect(checked({ from })).rejects.toMatchObject({ extensions: { errors: [{ in: 'body', pointer: '/from' }] } });
});
