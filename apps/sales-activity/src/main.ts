import 'reflect-metadata';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { SalesActivityModule } from './sales-activity.module.js';

await runService({
  name: 'sales-activity',
  contexts: [SalesActivityModule],
  defaultPort: contextPorts['sales-activity'],
});
