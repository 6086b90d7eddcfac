import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { NotificationModule } from './notification.module.js';

await runService({ name: 'notification', contexts: [NotificationModule], defaultPort: 3110 });
