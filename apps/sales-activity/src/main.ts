import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { SalesActivityModule } from './sales-activity.module.js';

await runService({ name: 'sales-activity', contexts: [SalesActivityModule], defaultPort: 3102 });
