import 'reflect-metadata';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { ContractModule } from './contract.module.js';

await runService({ name: 'contract', contexts: [ContractModule], defaultPort: contextPorts.contract });
