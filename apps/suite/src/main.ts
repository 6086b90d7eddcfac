import 'reflect-metadata';
import { edge } from '#libs/edge/src/edge.js';
import { runService } from '#libs/service/src/service.js';
import { suiteContexts } from './suite.js';

await runService({ name: 'Keiyaku', contexts: suiteContexts, defaultPort: 3000, edge: edge() });
