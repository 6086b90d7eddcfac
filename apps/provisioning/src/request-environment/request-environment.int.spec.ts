import { createHmac } from 'node:crypto';
import { CommandBus } from '@nestjs/cqrs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { Reserve, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import { derivedKey } from '#libs/secrets/src/derived-key.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { StepRunner } from '../carry-out-steps/step-runner.js';
import {
  contract,
  environmentIdOf,
  inStatus,
  type ProvisioningApp,
  sign,
  type Signed,
  startProvisioningApp,
  typesOf,
} from '../spec-provisioning.js';
import { RequestEnvironmentPolicy } from './request-environment.policy.js';

let app: ProvisioningApp;

beforeAll(async () => {
  app = await startProvisioningApp();
});

afterAll(() => app.close());

describe('one environment for one contract', () => {
  const policy = (): RequestEnvironmentPolicy => app.app.get(RequestEnvironmentPolicy, { strict: false });

  async function deliverAgain(signed: Signed): Promise<void> {
    const [event] = await app.events(`contract-${signed.contractId}`);
    const delivered = event as RecordedEvent<{ type: 'contract.signed'; data: Signed }>;
    await policy().handle(delivered, new PolicyContext('provisioning/request-environment', delivered));
  }

  it('however often the event is delivered', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    await inStatus(app, id, 'ready');
    const before = await app.events(`environment-${id}`);
    await deliverAgain(signed);
    expect(await app.events(`environment-${id}`)).toEqual(before);
  });

  it('with a slug of its own', async () => {
    const { company } = contract();
    const [first, second] = [contract({ company }), contract({ company })];
    const one = await inStatus(app, await sign(app, first), 'ready');
    const two = await inStatus(app, await sign(app, second), 'ready');
    const slug = company.name.toLowerCase().replace(' ', '-');
    expect([one.url, two.url]).toEqual([`https://${slug}.your-service.com`, `https://${slug}-2.your-service.com`]);
    expect(two.administrator).toBe(`admin@${slug}-2.com`);
    await deliverAgain(first);
    await deliverAgain(second);
    const reservations = (await app.log('reservation.made', 'reservation.confirmed')).filter(({ data }) =>
      [one.id, two.id].includes((data as { owner: string }).owner),
    );
    expect(reservations.map(({ type }) => type)).toEqual([
      'reservation.made',
      'reservation.confirmed',
      'reservation.made',
      'reservation.confirmed',
    ]);
  });

  it.each([
    ['keeps the slug that a delivery of its own reserved before it died', true, 3_600_000, ''],
    ['leaves the slug that somebody else has reserved', false, 3_600_000, '-2'],
    ['takes the slug that somebody else reserved and never confirmed', false, -1, ''],
  ])('%s', async (_what, ours, expiresInMs, suffix) => {
    const signed = contract();
    const slug = signed.company.name.toLowerCase().replace(' ', '-');
    const key = createHmac(
      'sha256',
      derivedKey(Buffer.from(process.env['ENCRYPTION_KEY'] ?? '', 'base64'), 'environment-slug'),
    )
      .update(slug)
      .digest('hex');
    const owner = ours ? environmentIdOf(signed) : 'somebody else';
    const expiresAt = new Date(Date.now() + expiresInMs).toISOString();
    const scope = 'environment-slug';
    const reserve = new Reserve(
      reservationTarget(scope, key),
      { scope, key, owner, expiresAt },
      testContext({ commandId: freshId(), occurredAt: new Date().toISOString() }),
    );
    await app.app.get(CommandBus, { strict: false }).execute(reserve);
    const { url } = await inStatus(app, await sign(app, signed), 'ready');
    expect(url).toBe(`https://${slug}${suffix}.your-service.com`);
  });

  it('and one attempt at a step, whoever wants to work on it', async () => {
    const id = await sign(app, contract());
    const runner = app.app.get(StepRunner, { strict: false });
    const { signal } = new AbortController();
    const job = { environmentId: id, step: 'plan', number: 1, correlationId: 'spec' } as const;
    await eventually(async () => expect(await typesOf(app, id)).toContain('environment.requested'));
    await Promise.all(Array.from({ length: 5 }, () => runner.run(job, signal)));
    await inStatus(app, id, 'ready');
    const started = (await app.events(`environment-${id}`)).filter(({ type }) => type === 'environment.step_started');
    expect(started.map(({ data }) => (data as { step: string }).step)).toEqual([
      'plan',
      'validate',
      'dry-run',
      'apply',
      'wait',
      'smoke',
    ]);
  });
});
