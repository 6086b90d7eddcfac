import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventSourcingModule, startPolicies } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { createApp, exitWith, listen } from '#libs/http/src/bootstrap.js';
import { port, readEnv, url } from '#libs/http/src/env.js';
import { JobsModule } from '#libs/jobs/src/jobs.module.js';
import { NotificationModule } from './notification.module.js';

try {
  const { PORT, EVENTSTORE_URL, REDIS_URL } = readEnv({
    PORT: port({ default: 3110 }),
    EVENTSTORE_URL: url({ example: 'esdb://127.0.0.1:2113?tls=false' }),
    REDIS_URL: url({ example: 'redis://127.0.0.1:6379' }),
  });
  const root: DynamicModule = {
    module: class Notification {},
    imports: [
      EventSourcingModule.forRoot({ eventStoreUrl: EVENTSTORE_URL, schemas: new EventSchemas(eventCatalogue) }),
      JobsModule.forRoot({ redisUrl: REDIS_URL }),
      NotificationModule,
    ],
  };
  const app = await createApp(root, { name: 'notification' });
  await app.init();
  await startPolicies(app);
  await listen(app, PORT);
} catch (error) {
  exitWith(error);
}
