import 'reflect-metadata';
import { exitWith, listen } from '#libs/http/src/bootstrap.js';
import { port, readEnv } from '#libs/http/src/env.js';
import { stopOnSignals } from '#libs/http/src/shutdown.js';
import { publicPort } from '#libs/service/src/context-ports.js';
import { createGateway } from './gateway.js';

try {
  const { PORT } = readEnv({ PORT: port({ default: publicPort }) });
  const app = await createGateway();
  stopOnSignals(app);
  const listening = await listen(app, PORT);
  process.stdout.write(`${JSON.stringify({ ready: true, port: listening })}\n`);
} catch (error) {
  exitWith(error);
}
