import { type BeforeApplicationShutdown, Logger, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { forgetFinishedFanOuts } from '#libs/event-sourcing/src/fan-out-place.js';
import { PolicyTransport } from '#libs/event-sourcing/src/policy-transport.js';
import { HealthRegistry } from '#libs/http/src/health.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { ParkedEventDecisions } from './parked-event-decisions.js';
import { type Backlog, ParkedEventList } from './parked-event-list.js';
import { ParkedEventsController } from './parked-events.controller.js';
import { policyProblems } from './policies.problems.js';
import { type PolicyReport, reportPolicies } from './policy-metrics.js';

const forgetEveryMs = 3_600_000;

/** What operators see and do about the policies of this process. Once a process, over all its contexts. */
@Module({
  imports: [AuthModule],
  controllers: [ParkedEventsController],
  providers: [
    ParkedEventList,
    ParkedEventDecisions,
    {
      provide: Reconciler,
      useFactory: (contexts: ContextRegistry) =>
        new Reconciler({
          name: 'fan-outs',
          everyMs: forgetEveryMs,
          sweep: async () => {
            for (const { database } of contexts.all) await forgetFinishedFanOuts(database);
          },
        }),
      inject: [ContextRegistry],
    },
  ],
})
export class PoliciesModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('policies');
  private silence = (): void => undefined;

  constructor(
    private readonly parked: ParkedEventList,
    private readonly policies: PolicyTransport,
    private readonly health: HealthRegistry,
  ) {
    registerProblemTable(policyProblems);
  }

  onApplicationBootstrap(): void {
    // Parked events need a person, but the process does its job: it stays ready and shows them.
    this.health.register('parked-events', async () => ({
      ok: true,
      detail: { policies: await this.parked.backlogs() },
    }));
    this.silence = reportPolicies(() => this.report());
  }

  beforeApplicationShutdown(): void {
    this.silence();
  }

  private async report(): Promise<PolicyReport> {
    const backlogs = await this.backlogs();
    const oldestUnhandled = new Map<string, Date | undefined>();
    for (const { name, oldestUnhandled: taken } of this.policies.statuses) {
      const parked = backlogs.find(({ policy }) => policy === name)?.oldest;
      const instants = [...(parked ? [parked] : []), ...(taken === undefined ? [] : [new Date(taken)])];
      oldestUnhandled.set(name, instants.toSorted((a, b) => a.getTime() - b.getTime())[0]);
    }
    return { backlogs, oldestUnhandled };
  }

  /** Metrics of everything else are told while a database is away. */
  private async backlogs(): Promise<readonly Backlog[]> {
    try {
      return await this.parked.backlogs();
    } catch (error) {
      this.logger.warn({ err: error }, 'Parked events could not be counted');
      return [];
    }
  }
}
