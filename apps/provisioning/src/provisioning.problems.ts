import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { ClusterRefusal } from './domain/cluster.js';
import type { EnvironmentRefusal } from './domain/environment.js';

type ProvisioningProblemCode =
  | EnvironmentRefusal
  | ClusterRefusal
  | 'kubeconfig_unusable'
  | 'cluster_not_usable'
  | 'not_in_catalogue'
  | 'plan_not_possible'
  | 'cluster_unavailable'
  | 'credential_link_gone'
  | 'unknown_event_position';

export const provisioningProblems: ProblemTable<ProvisioningProblemCode> = {
  environment_not_found: {
    status: 404,
    title: 'No such environment',
    whatToDo: 'No environment has this id. GET /api/environments lists them.',
  },
  cluster_not_found: {
    status: 404,
    title: 'No such cluster',
    whatToDo: 'No cluster has this id. GET /api/clusters lists them.',
  },
  cluster_exists: { status: 409, title: 'Cluster exists' },
  cluster_not_cordoned: { status: 409, title: 'Cluster is not cordoned' },
  cluster_not_empty: { status: 409, title: 'Cluster is not empty' },
  cluster_settling: { status: 409, title: 'Cluster was cordoned a moment ago' },
  kubeconfig_unusable: { status: 422, title: 'Kubeconfig is not usable' },
  cluster_not_usable: { status: 422, title: 'Cluster does not let us in' },
  step_not_due: { status: 409, title: 'Step is not due' },
  attempt_running: { status: 409, title: 'Another attempt is running' },
  attempt_superseded: { status: 409, title: 'Another attempt took over' },
  retry_not_possible: { status: 409, title: 'Nothing to retry' },
  resolve_not_possible: { status: 409, title: 'Nothing to resolve' },
  correction_not_possible: { status: 409, title: 'Nothing to correct' },
  approval_not_possible: { status: 409, title: 'Nothing to approve' },
  cancel_not_possible: { status: 409, title: 'Nothing to cancel' },
  not_in_catalogue: {
    status: 422,
    title: 'Not in the catalogue',
    whatToDo: 'Name what the catalogue has, as the detail lists it, or add it to the catalogue.',
  },
  plan_not_possible: { status: 409, title: 'Nothing to plan' },
  cluster_unavailable: { status: 503, title: 'The cluster does not answer' },
  environment_not_ready: { status: 409, title: 'Environment is not ready' },
  credential_link_unknown: { status: 409, title: 'Credential link was never issued' },
  credential_link_gone: {
    status: 410,
    title: 'Link is not valid',
    whatToDo: 'This link was used, has expired or never existed. Ask our support for a new one.',
  },
  unknown_event_position: {
    status: 400,
    title: 'Unknown event position',
    whatToDo: 'Send the id of the last event that you received as Last-Event-ID, or leave the header out.',
  },
};

export const provisioningProblem = problemFactory(provisioningProblems);
