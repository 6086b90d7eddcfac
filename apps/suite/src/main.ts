import 'reflect-metadata';
import { runService } from '#libs/service/src/service.js';
import { suiteContexts } from './suite.js';

await runService({ name: 'Keiyaku', contexts: suiteContexts, defaultPort: 3000 });
