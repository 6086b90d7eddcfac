import 'reflect-metadata';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { IdentityModule } from './identity.module.js';

await runService({ name: 'identity', contexts: [IdentityModule], defaultPort: contextPorts.identity });
