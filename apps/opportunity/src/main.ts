import 'reflect-metadata';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { OpportunityModule } from './opportunity.module.js';

await runService({ name: 'opportunity', contexts: [OpportunityModule], defaultPort: contextPorts.opportunity });
