/** How a process ends: it finishes what it has in hand, within a deadline. */
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { integer, readEnv } from './env.js';
import { HealthRegistry } from './health.js';
import { stoppingProblem } from './http-problems.js';
import { answerInFlight, closeConnections } from './in-flight.js';
import { endEventStreams } from './sse.js';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** Answers that were written when there was no more time still have to leave. */
const flushMs = 100;

/**
 * On SIGTERM, SIGINT or SIGHUP: `/ready` fails at once and connections end with their next answer; then consumers
 * and jobs finish what they have in hand, while requests are still taken, for `SHUTDOWN_NOTICE_MS` (0.5 s unless set)
 * at least, so that whoever distributes requests notices; then nobody is let in any more, requests in hand are
 * answered and streams end; then stores are closed and the process exits with 0. What takes longer than
 * `SHUTDOWN_WITHIN_MS` (20 s unless set) is cut off: requests in hand are answered 503 and the process exits with 1.
 */
export function stopOnSignals(app: NestFastifyApplication): void {
  const { SHUTDOWN_WITHIN_MS, SHUTDOWN_NOTICE_MS } = readEnv({
    SHUTDOWN_WITHIN_MS: integer({ default: 20_000, min: 1_000 }),
    SHUTDOWN_NOTICE_MS: integer({ default: 500 }),
  });
  const logger = new Logger('shutdown');
  let stopping = false;
  let noticed: Promise<void> | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', async () => noticed);
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.log(`${signal}: finishing what is in hand, within ${SHUTDOWN_WITHIN_MS} ms`);
    setTimeout(() => cutOff(app, logger, SHUTDOWN_WITHIN_MS), SHUTDOWN_WITHIN_MS);
    noticed = delay(SHUTDOWN_NOTICE_MS);
    app.get(HealthRegistry).stopping();
    closeConnections(app.getHttpServer());
    try {
      await app.close();
      process.exit(0);
    } catch (error) {
      logger.error({ err: error }, 'The shutdown failed');
      process.exit(1);
    }
  };
  for (const signal of signals) process.on(signal, () => void stop(signal));
}

function cutOff(app: NestFastifyApplication, logger: Logger, afterMs: number): void {
  const server = app.getHttpServer();
  const requests = answerInFlight(server, stoppingProblem());
  endEventStreams(server);
  logger.error(
    { requests },
    `Not everything ended within ${afterMs} ms, so the rest is cut off. What the log says is due is taken up again ` +
      'by the next process. If this happens again and again, raise SHUTDOWN_WITHIN_MS.',
  );
  setTimeout(() => process.exit(1), flushMs);
}
