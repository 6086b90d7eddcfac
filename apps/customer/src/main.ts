import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { CustomerModule } from './customer.module.js';

await runService({ name: 'customer', contexts: [CustomerModule], defaultPort: 3101 });
