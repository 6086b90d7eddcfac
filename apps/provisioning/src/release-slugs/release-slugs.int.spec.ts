import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { Reserve, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import { createService, startService } from '#libs/service/src/service.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { slugScope as scope } from '../domain/environment-name.js';
import { ProvisioningModule } from '../provisioning.module.js';
import { type ProvisioningApp, startProvisioningApp } from '../spec-provisioning.js';
import { ReleaseSlugs } from './release-slugs.js';

let app: ProvisioningApp;
/** Another instance on the same stores. */
let second: NestFastifyApplication;

beforeAll(async () => {
  app = await startProvisioningApp({ env: { PROVISIONING_RECONCILE_MS: '100' } });
  second = await createService({ name: 'second', contexts: [ProvisioningModule], logger: { level: 'silent' } });
  await startService(second, 0);
}, 60_000);

afterAll(async () => {
  await second?.close();
  await app?.close();
});

const context = () => testContext({ commandId: freshId(), occurredAt: new Date().toISOString() });
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

async function reserve(key: string, owner: string, expiresAt: string): Promise<void> {
  const command = new Reserve(reservationTarget(scope, key), { scope, key, owner, expiresAt }, context());
  await app.app.get(CommandBus).execute(command);
}

const typesOf = async (key: string): Promise<string[]> =>
  (await app.events(`unique-${reservationTarget(scope, key)}`)).map(({ type }) => type);
const released = ['reservation.made', 'reservation.released'];

describe('a slug that is reserved and not confirmed', () => {
  it('is free again when its time is over, once, though two instances sweep', async () => {
    const keys = Array.from({ length: 20 }, () => freshId());
    for (const key of keys) await reserve(key, 'first', inMs(300));
    await eventually(async () => {
      for (const key of keys) expect(await typesOf(key)).toEqual(released);
    });
    // Both sweep once more, by hand, so that nothing is left that might come later.
    for (const instance of [app.app, second]) {
      await instance.get(ReleaseSlugs, { strict: false }).sweep(new AbortController().signal);
    }
    for (const key of keys) expect(await typesOf(key)).toEqual(released);
    await reserve(keys[0]!, 'second', inMs(3_600_000));
    expect(await typesOf(keys[0]!)).toEqual([...released, 'reservation.made']);
  });

  it('is held until then, and for good once it is confirmed', async () => {
    const [held, confirmed, over] = [freshId(), freshId(), freshId()];
    await reserve(held, 'first', inMs(3_600_000));
    const metadata = { ...context(), schemaVersion: 1 };
    const data = { scope, key: confirmed, owner: 'first' };
    const events = [
      { id: freshId(), type: 'reservation.made', data: { ...data, expiresAt: inMs(-60_000) }, metadata },
      { id: freshId(), type: 'reservation.confirmed', data, metadata },
    ];
    await app.store.append(`unique-${reservationTarget(scope, confirmed)}`, events, -1);
    // Once it is released, the others have been looked at.
    await reserve(over, 'first', inMs(300));
    await eventually(async () => expect(await typesOf(over)).toEqual(released));
    expect(await typesOf(held)).toEqual(['reservation.made']);
    expect(await typesOf(confirmed)).toEqual(['reservation.made', 'reservation.confirmed']);
  });
});
