import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { OpportunityModule } from './opportunity.module.js';

await runService({ name: 'opportunity', contexts: [OpportunityModule], defaultPort: 3103 });
