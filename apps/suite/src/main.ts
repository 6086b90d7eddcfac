import 'reflect-metadata';
import { edge } from '#libs/edge/src/edge.js';
import { publicPort } from '#libs/service/src/context-ports.js';
import { runService } from '#libs/service/src/service.js';
import { suiteContexts } from './suite.js';

await runService({ name: 'Keiyaku', contexts: suiteContexts, defaultPort: publicPort, edge: edge() });
