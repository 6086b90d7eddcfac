import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { IdentityModule } from './identity.module.js';

await runService({ name: 'identity', contexts: [IdentityModule], defaultPort: 3100 });
