import { expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { given } from '#libs/testing/src/given.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { Clusters } from '../clusters/clusters.js';
import { environmentDecider } from '../domain/environment.decider.js';
import type { ApplyOptions } from '../kubernetes/kubernetes-client.js';
import type { Manifest } from '../manifests/manifest.js';
import type { ProvisioningSettings } from '../settings.js';
import { abcEnvironment } from '../spec-environment.js';
import { context, dueFor, started, stateAfter } from '../spec-log.js';
import { ApprovalGate } from './approval-gate.js';
import { ClusterSteps } from './cluster-steps.js';
import type { EnvironmentPlanner } from './environment-planner.js';
import type { WorkingEnvironment } from './working-environment.js';

const { environmentId, namespace } = abcEnvironment;
const objects: readonly Manifest[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace } },
];
const security = 'would violate PodSecurity "restricted:latest": runAsNonRoot != true';
const failure = { class: 'configuration', object: `ConfigMap settings in ${namespace}` };

/** Steps before a cluster that takes everything, and warns of the ConfigMap. */
function stepsWarnedOf(text: string) {
  const asked: ApplyOptions[] = [];
  const cluster = {
    get: () => Promise.resolve(undefined),
    list: () => Promise.resolve({ items: [], resourceVersion: '1' }),
    apply: (object: Manifest, options: ApplyOptions) => {
      asked.push(options);
      const warnings = object.kind === 'ConfigMap' ? [text] : [];
      return Promise.resolve({ object, outcome: 'created', warnings });
    },
  };
  const clusters = { of: () => Promise.resolve(cluster) } as unknown as Clusters;
  const planner = { recorded: () => Promise.resolve({ objects }) } as unknown as EnvironmentPlanner;
  const gate = new ApprovalGate(loadCatalogue(), {} as ProvisioningSettings);
  return { steps: new ClusterSteps(clusters, planner, gate), asked };
}

const attempt = {
  id: 'b',
  signal: new AbortController().signal,
  hold: () => undefined,
  next: () => undefined,
  context: () => context,
} as unknown as Attempt;

const inHand = (step: 'dry-run' | 'apply') => [...dueFor[step], started(step, 'b')];
const environment = (step: 'dry-run' | 'apply') => stateAfter(...inHand(step)) as WorkingEnvironment;

it.each(['dry-run', 'apply'] as const)('takes a warning of Pod Security for a failure: %s', async (step) => {
  const { steps, asked } = stepsWarnedOf(security);
  const run = {
    'dry-run': () => steps.dryRun(environment(step), attempt),
    apply: () => steps.applyAll(environment(step), attempt),
  };
  const error: unknown = await run[step]().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StepFailed);
  expect(error).toMatchObject({ failure: { ...failure, reason: expect.stringContaining('Pod Security') as unknown } });
  expect(asked.at(-1)?.dryRun ?? false).toBe(step === 'dry-run');
});

it('puts a warning that harms nothing on record with the dry run', async () => {
  const text = 'metadata.finalizers: prefer a domain-qualified finalizer name';
  const { steps } = stepsWarnedOf(text);
  given(environmentDecider, ...inHand('dry-run'))
    .when(await steps.dryRun(environment('dry-run'), attempt))
    .then({
      type: 'environment.dry_run_passed',
      data: { environmentId, attempt: 'b', objects: objects.length, warnings: [text] },
    });
});
