import { expect, it, onTestFinished } from 'vitest';
import type { Committed } from '#libs/event-sourcing/src/command.js';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { StateCache } from '#libs/event-sourcing/src/state-cache.js';
import { administratorsEvents } from '#libs/events/src/identity.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { testContext } from '#libs/testing/src/given.js';
import { AddAdministrator, administratorsDecider, RemoveAdministrator } from './domain/administrators.decider.js';

const [sato, ito] = ['sato', 'ito'];
const command = () => testContext({ commandId: freshId() });

it('two administrators who remove each other at once in two processes: one stays', async () => {
  const server = await startEventStoreServer();
  onTestFinished(() => server.stop());
  const stores = [EventStore.connect(server.url), EventStore.connect(server.url)] as const;
  onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
  const schemas = new EventSchemas(administratorsEvents);

  for (let round = 0; round < 20; round++) {
    // A company of its own in every round; what two processes do not share is their memory.
    const company = freshId();
    const [one, other] = stores.map(
      (store) => new CommandHandler(administratorsDecider, store, schemas, new StateCache()),
    );
    if (!one || !other) throw new Error('There are two stores.');
    await one.execute(new AddAdministrator(company, { userId: sato, userRevision: 0 }, command()));
    await other.execute(new AddAdministrator(company, { userId: ito, userRevision: 0 }, command()));
    await one.execute(new AddAdministrator(company, { userId: sato, userRevision: 0 }, command()));

    const outcomes = await Promise.allSettled<Committed>([
      one.execute(new RemoveAdministrator(company, { userId: ito, userRevision: 1 }, command())),
      other.execute(new RemoveAdministrator(company, { userId: sato, userRevision: 1 }, command())),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toBeInstanceOf(CommandRefused);
    expect((refused.reason as CommandRefused).refusal.code).toBe('last_administrator');
  }
});
