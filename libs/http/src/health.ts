import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface CheckResult {
  readonly ok: boolean;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface Readiness {
  readonly status: 'ready' | 'not_ready';
  /** Names of the parts that fail. */
  readonly failing: readonly string[];
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Whether one of the services that this process faces the outside for answers. */
export interface ServiceHealth {
  readonly reachable: boolean;
  /** How long its answer took. */
  readonly ms: number;
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  readonly services?: Readonly<Record<string, ServiceHealth>>;
}

const checkTimeoutMs = 3_000;

/** The parts that must work before this process can do its job. Available in every module. */
@Injectable()
export class HealthRegistry {
  private readonly checks = new Map<string, () => Promise<CheckResult>>();
  private ending = false;
  private services: (() => Promise<Readonly<Record<string, ServiceHealth>>>) | undefined;

  /** `name` is unique in the process, like `contract.database`. A check that throws or takes 3 s fails. */
  register(name: string, check: () => Promise<CheckResult>): void {
    if (this.checks.has(name)) throw new Error(`A health check named ${name} is registered already.`);
    this.checks.set(name, check);
  }

  /** What `/health` tells about the services behind this process, by their names. */
  tellServices(services: () => Promise<Readonly<Record<string, ServiceHealth>>>): void {
    this.services = services;
  }

  /** The process lives, or it could not answer; `degraded` when a service behind it does not. */
  async health(): Promise<Health> {
    const services = await this.services?.();
    if (!services) return { status: 'ok' };
    const whole = Object.values(services).every(({ reachable }) => reachable);
    return { status: whole ? 'ok' : 'degraded', services };
  }

  /** From now on the process is not ready, whatever its parts say: it takes no more work. */
  stopping(): void {
    this.ending = true;
  }

  async readiness(): Promise<Readiness> {
    if (this.ending) return { status: 'not_ready', failing: ['shutting-down'], checks: {} };
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    const failing = results.filter(([, result]) => !result.ok).map(([name]) => name);
    return {
      status: failing.length === 0 ? 'ready' : 'not_ready',
      failing,
      checks: Object.fromEntries(results),
    };
  }
}

async function outcome(check: () => Promise<CheckResult>): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: { reason: 'No answer in time.' } }), checkTimeoutMs);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    // Only the kind of the error: messages of drivers may hold addresses and user names.
    return { ok: false, detail: { reason: error instanceof Error ? error.name : 'Unknown error' } };
  } finally {
    clearTimeout(timer);
  }
}

/** `/health` (the process lives) and `/ready` (its parts work): plain routes, so that no guard or pipe can break them. */
export function serveHealth(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const registry = app.get(HealthRegistry);
  server.get('/health', async (_request, reply) =>
    reply.header('Cache-Control', 'no-store').send(await registry.health()),
  );
  server.get('/ready', async (_request, reply) => {
    const readiness = await registry.readiness();
    return reply
      .code(readiness.status === 'ready' ? 200 : 503)
      .header('Cache-Control', 'no-store')
      .send(readiness);
  });
}
