import { expect, it, onTestFinished } from 'vitest';
import { startTestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { SpecCrm } from './spec-crm.js';

it('asks for the webhook again while the event store is away', async () => {
  const app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  onTestFinished(() => app.close());
  const crm = await SpecCrm.register(app);
  await app.eventStore.stop();
  const answer = await crm.send();
  // Which one depends on whether somebody else has noticed before.
  const codes = expect.stringMatching(/^(event_store_unavailable|outcome_unknown)$/) as string;
  expect(answer).toMatchObject({ status: 503, body: { code: codes } });
  expect(answer.headers.get('retry-after')).toBe('2');
}, 60_000);
