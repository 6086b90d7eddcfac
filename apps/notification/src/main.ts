import 'reflect-metadata';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { NotificationModule } from './notification.module.js';

await runService({ name: 'notification', contexts: [NotificationModule], defaultPort: contextPorts.notification });
