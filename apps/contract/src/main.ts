import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { ContractModule } from './contract.module.js';

await runService({ name: 'contract', contexts: [ContractModule], defaultPort: 3105 });
