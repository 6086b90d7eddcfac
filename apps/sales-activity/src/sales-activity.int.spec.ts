import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { SalesActivityModule } from './sales-activity.module.js';
import { createMeeting, createTask, OtherContexts, read } from './spec-sales-activity.js';

let app: TestApp;
let others: OtherContexts;

beforeAll(async () => {
  app = await startTestApp({ modules: [SalesActivityModule], contexts: ['sales-activity'] });
  others = new OtherContexts(app);
});

afterAll(() => app.close());

it('puts a meeting on record with customer, date and summary', async () => {
  const customerId = await others.customer();
  const { status, body, headers } = await createMeeting(app, {
    customerId,
    date: '2024-10-10T10:00:00Z',
    summary: '商談実施',
  });
  expect({ status, body }).toMatchObject({ status: 201, body: { revision: 0 } });
  expect(headers.get('location')).toBe(`/api/meetings/${body.id}`);
  const shown = await read(app, `/api/meetings/${body.id}`, body.position);
  expect(shown).toMatchObject({
    status: 200,
    body: {
      id: body.id,
      customerId,
      customerName: '佐藤 花子',
      userId: 'test-sales',
      date: '2024-10-10T10:00:00.000Z',
    },
  });
});

it('creates a task', async () => {
  const customerId = await others.customer();
  const { status, body } = await createTask(app, { customerId, title: 'x', dueDate: '2024-10-10T10:00:00Z' });
  expect({ status, body }).toMatchObject({ status: 201, body: { revision: 0 } });
  expect(await read(app, `/api/tasks/overdue`, body.position)).toMatchObject({
    status: 200,
    body: { items: [{ id: body.id }] },
  });
});
