import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { catalogueProvider } from '#libs/catalogue/src/catalogue.provider.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import {
  ConfirmReservation,
  ReleaseReservation,
  Reserve,
  reservationDecider,
} from '#libs/event-sourcing/src/reservation.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { JobsModule } from '#libs/jobs/src/jobs.module.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { Lanes } from './carry-out-steps/lanes.js';
import { Overtakings } from './carry-out-steps/overtaken.js';
import { QueueStepsPolicy } from './carry-out-steps/queue-steps.policy.js';
import { StepJobs } from './carry-out-steps/step-jobs.js';
import { StepRunner } from './carry-out-steps/step-runner.js';
import { StepProcessor } from './carry-out-steps/step.processor.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { ClusterListController } from './cluster-list/cluster-list.controller.js';
import { ClusterRow } from './cluster-list/cluster-list.entity.js';
import { clusterListProjection } from './cluster-list/cluster-list.projection.js';
import { AddedClusters } from './clusters/added-clusters.js';
import { ChangedConnections } from './clusters/changed-connections.js';
import { ClusterChoice } from './clusters/cluster-choice.js';
import { ClusterCredentials } from './clusters/cluster-credentials.js';
import { ClusterReports } from './clusters/cluster-reports.js';
import { Clusters, PROCESS_KUBECONFIG } from './clusters/clusters.js';
import { ClustersController } from './clusters/clusters.controller.js';
import { DefaultCluster } from './clusters/default-cluster.js';
import { EndDrainPolicy } from './clusters/end-drain.policy.js';
import { processKubeconfig } from './clusters/process-kubeconfig.js';
import { StandingEnvironments } from './clusters/standing.js';
import { CredentialPageController } from './credential-page/credential-page.controller.js';
import { RedeemCredentialController } from './credential-page/redeem-credential.controller.js';
import { CredentialLinks } from './credentials/credential-links.js';
import { EnvironmentCredentials } from './credentials/environment-credentials.js';
import { clusterCommands, clusterDecider } from './domain/cluster.decider.js';
import { environmentCommands, environmentDecider } from './domain/environment.decider.js';
import { failureRateDecider, ReportFailureRate } from './domain/failure-rate.decider.js';
import { EnvironmentCostController } from './environment-cost/environment-cost.controller.js';
import { EnvironmentCost } from './environment-cost/environment-cost.entity.js';
import { environmentCostProjection } from './environment-cost/environment-cost.projection.js';
import { MonthlyPrices } from './environment-cost/monthly-prices.js';
import { Dashboard } from './environment-dashboard/dashboard.js';
import { DashboardController } from './environment-dashboard/dashboard.controller.js';
import { DashboardFeed } from './environment-dashboard/dashboard-feed.js';
import { DashboardMetrics } from './environment-dashboard/dashboard-metrics.js';
import { EnvironmentBuild } from './environment-dashboard/environment-build.entity.js';
import { environmentBuildProjection } from './environment-dashboard/environment-build.projection.js';
import { EnvironmentDecisionsController } from './environment-decisions.controller.js';
import { EnvironmentListController } from './environment-list/environment-list.controller.js';
import { EnvironmentRow } from './environment-list/environment-list.entity.js';
import { environmentListProjection } from './environment-list/environment-list.projection.js';
import { EnvironmentFeed } from './environment-progress/environment-feed.js';
import { EnvironmentProgressController } from './environment-progress/environment-progress.controller.js';
import { EnvironmentTimelineController } from './environment-timeline/environment-timeline.controller.js';
import { EnvironmentWork } from './environment-work/environment-work.entity.js';
import { environmentWorkProjection } from './environment-work/environment-work.projection.js';
import { EnvironmentsController } from './environments.controller.js';
import { gitOpsSettings } from './gitops/gitops-settings.js';
import { GitOpsSteps } from './gitops/gitops-steps.js';
import { DriftFinder } from './find-drift/drift-finder.js';
import { DriftRunner } from './find-drift/drift-runner.js';
import { DRIFT_SWEEP, DriftSweep, sweepEveryMs } from './find-drift/drift-sweep.js';
import { ManualHandlingController } from './manual-handling.controller.js';
import { Credentials1763769600000 } from './migrations/1763769600000-credentials.js';
import { ClusterCredentials1763809200000 } from './migrations/1763809200000-cluster-credentials.js';
import { PlanPreviewController } from './plan-preview/plan-preview.controller.js';
import { PlanPreview } from './plan-preview/plan-preview.js';
import { provisioningProblems } from './provisioning.problems.js';
import { RecheckRunner } from './recheck-shortages/recheck-runner.js';
import { Shortages } from './recheck-shortages/shortages.js';
import { ReleaseSlugs, SLUG_SWEEP } from './release-slugs/release-slugs.js';
import { SlugReservation } from './release-slugs/slug-reservation.entity.js';
import { slugReservationProjection } from './release-slugs/slug-reservation.projection.js';
import { RequestEnvironmentPolicy } from './request-environment/request-environment.policy.js';
import { provisioningSettings, type ProvisioningSettings, SETTINGS } from './settings.js';
import { ApprovalGate } from './steps/approval-gate.js';
import { ClusterSteps } from './steps/cluster-steps.js';
import { DeleteStep } from './steps/delete-step.js';
import { EnvironmentPlanner } from './steps/environment-planner.js';
import { EnvironmentSteps } from './steps/environment-steps.js';
import { ExportStep } from './steps/export-step.js';
import { WaitStep } from './steps/wait-step.js';
import { SuspendedPageController } from './suspended-page/suspended-page.controller.js';
import { InfrastructureStep } from './terraform/infrastructure-step.js';
import { TERRAFORM, terraformSettings } from './terraform/terraform-settings.js';
import { FAILURE_RATE_SWEEP, WatchFailureRate } from './watch-failure-rate/watch-failure-rate.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({
      context: 'provisioning',
      entities: [EnvironmentRow, EnvironmentWork, EnvironmentBuild, EnvironmentCost, SlugReservation, ClusterRow],
      migrations: [Credentials1763769600000, ClusterCredentials1763809200000],
    }),
    JobsModule.queue('provisioning'),
    EventSourcingModule.forContext({
      context: 'provisioning',
      aggregates: [
        aggregate(environmentDecider, environmentCommands),
        aggregate(clusterDecider, clusterCommands),
        aggregate(failureRateDecider, [ReportFailureRate]),
        aggregate(reservationDecider, [Reserve, ConfirmReservation, ReleaseReservation]),
      ],
      projections: [
        environmentListProjection,
        environmentWorkProjection,
        environmentBuildProjection,
        environmentCostProjection,
        slugReservationProjection,
        clusterListProjection,
      ],
    }),
  ],
  controllers: [
    RequestEnvironmentPolicy,
    QueueStepsPolicy,
    DashboardController,
    EnvironmentCostController,
    EnvironmentListController,
    EnvironmentTimelineController,
    EnvironmentProgressController,
    ManualHandlingController,
    EnvironmentDecisionsController,
    PlanPreviewController,
    EnvironmentsController,
    ClustersController,
    ClusterListController,
    EndDrainPolicy,
    RedeemCredentialController,
    CredentialPageController,
    SuspendedPageController,
    ClearErasedCopiesPolicy,
  ],
  providers: [
    { provide: SETTINGS, useFactory: provisioningSettings },
    {
      provide: SecretBox,
      useFactory: ({ encryptionKey }: ProvisioningSettings) => SecretBox.fromKey(encryptionKey),
      inject: [SETTINGS],
    },
    catalogueProvider,
    { provide: PROCESS_KUBECONFIG, useFactory: processKubeconfig },
    ClusterCredentials,
    Clusters,
    DefaultCluster,
    ClusterChoice,
    ClusterReports,
    StandingEnvironments,
    AddedClusters,
    ChangedConnections,
    Clearing,
    EnvironmentCredentials,
    CredentialLinks,
    EnvironmentFeed,
    MonthlyPrices,
    Dashboard,
    DashboardFeed,
    DashboardMetrics,
    EnvironmentPlanner,
    ApprovalGate,
    ClusterSteps,
    WaitStep,
    ExportStep,
    PlanPreview,
    DeleteStep,
    {
      provide: GitOpsSteps,
      useFactory: (clusters: Clusters, planner: EnvironmentPlanner) => {
        const settings = gitOpsSettings();
        return settings && new GitOpsSteps(settings, clusters, planner);
      },
      inject: [Clusters, EnvironmentPlanner],
    },
    { provide: TERRAFORM, useFactory: () => terraformSettings() },
    InfrastructureStep,
    EnvironmentSteps,
    Lanes,
    Overtakings,
    StepJobs,
    StepRunner,
    Shortages,
    RecheckRunner,
    StepProcessor,
    {
      provide: Reconciler,
      useFactory: (jobs: StepJobs, { reconcileMs }: ProvisioningSettings) =>
        new Reconciler({ name: 'provisioning', everyMs: reconcileMs, sweep: (signal) => jobs.addDue(signal) }),
      inject: [StepJobs, SETTINGS],
    },
    WatchFailureRate,
    {
      provide: FAILURE_RATE_SWEEP,
      useFactory: (watch: WatchFailureRate, { reconcileMs }: ProvisioningSettings) =>
        new Reconciler({ name: 'failure-rate', everyMs: reconcileMs, sweep: () => watch.sweep() }),
      inject: [WatchFailureRate, SETTINGS],
    },
    ReleaseSlugs,
    DriftFinder,
    DriftRunner,
    DriftSweep,
    {
      provide: DRIFT_SWEEP,
      useFactory: (drifts: DriftSweep, settings: ProvisioningSettings) => {
        if (settings.driftMs === 0) return undefined;
        const everyMs = sweepEveryMs(settings);
        return new Reconciler({ name: 'drift', everyMs, sweep: (signal) => drifts.sweep(signal) });
      },
      inject: [DriftSweep, SETTINGS],
    },
    {
      provide: SLUG_SWEEP,
      useFactory: (slugs: ReleaseSlugs, { reconcileMs }: ProvisioningSettings) =>
        new Reconciler({ name: 'slugs', everyMs: reconcileMs, sweep: (signal) => slugs.sweep(signal) }),
      inject: [ReleaseSlugs, SETTINGS],
    },
  ],
})
export class ProvisioningModule {
  constructor() {
    registerProblemTable(provisioningProblems);
  }
}
