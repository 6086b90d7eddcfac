import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { ProvisioningModule } from './provisioning.module.js';

await runService({ name: 'provisioning', contexts: [ProvisioningModule], defaultPort: 3106 });
