import 'reflect-metadata';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { ProvisioningModule } from './provisioning.module.js';

await runService({ name: 'provisioning', contexts: [ProvisioningModule], defaultPort: contextPorts.provisioning });
