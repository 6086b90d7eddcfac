import 'reflect-metadata';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { CustomerModule } from './customer.module.js';

await runService({ name: 'customer', contexts: [CustomerModule], defaultPort: contextPorts.customer });
