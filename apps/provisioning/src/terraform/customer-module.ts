import { createHash } from 'node:crypto';
import type { DedicatedCluster } from '#libs/catalogue/src/catalogue.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { EnvironmentIdentity } from '../domain/environment.js';

/** A Terraform configuration in JSON syntax that builds the cluster of one customer. */
export interface CustomerModule {
  /** `customer-cust-2025-001.tf.json` */
  readonly fileName: string;
  /** `cust-2025-001-cluster` */
  readonly clusterName: string;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly hash: string;
}

const clusterPolicies = ['AmazonEKSClusterPolicy'];
const nodePolicies = ['AmazonEKSWorkerNodePolicy', 'AmazonEKS_CNI_Policy', 'AmazonEC2ContainerRegistryReadOnly'];

/**
 * The same contract and plan always give the same bytes. Nothing secret stands in it: the credentials are an output
 * that is marked as sensitive.
 * @throws StepFailed when the plan names no subnets for the region
 */
export function customerModule(identity: EnvironmentIdentity, dedicated: DedicatedCluster): CustomerModule {
  const { externalId, environmentId, contractId, terms } = identity;
  const subnetIds = dedicated.subnetIds[terms.region];
  if (!subnetIds) {
    throw new StepFailed({
      class: 'configuration',
      reason: `The plan "${terms.plan}" names no subnets in ${terms.region} for a cluster of its own`,
      whatToDo: "Add the region to the plan's dedicatedCluster/subnetIds in the catalogue, or correct the region.",
    });
  }
  const key = customerKey(externalId, environmentId);
  const clusterName = `${key}-cluster`;
  const resource = `${key}_cluster`;
  const tags = { Customer: literal(externalId), Plan: literal(terms.plan), Environment: 'production' };
  const roleOf = (role: string): string => `\${aws_iam_role.${role}.arn}`;
  const ownRole = dedicated.roleArn === undefined;
  const module = {
    '//': `Contract ${contractId}, environment ${environmentId}. Written by Keiyaku, which overwrites changes by hand.`,
    terraform: {
      required_version: '>= 1.9',
      required_providers: { aws: { source: 'hashicorp/aws', version: '~> 6.0' } },
    },
    provider: { aws: { region: literal(terms.region) } },
    resource: {
      aws_iam_role: {
        ...(ownRole && { cluster_role: role(`${key}-cluster-role`, 'eks.amazonaws.com', tags) }),
        node_role: role(`${key}-node-role`, 'ec2.amazonaws.com', tags),
      },
      aws_iam_role_policy_attachment: {
        ...(ownRole && attachments('cluster', clusterPolicies)),
        ...attachments('node', nodePolicies),
      },
      aws_eks_cluster: {
        [resource]: {
          name: clusterName,
          role_arn: dedicated.roleArn === undefined ? roleOf('cluster_role') : literal(dedicated.roleArn),
          vpc_config: { subnet_ids: subnetIds.map(literal) },
          tags,
          ...(ownRole && { depends_on: clusterPolicies.map((policy) => attachmentOf('cluster', policy)) }),
        },
      },
      aws_eks_node_group: {
        [`${key}_nodes`]: {
          cluster_name: `\${aws_eks_cluster.${resource}.name}`,
          node_group_name: `${key}-nodes`,
          node_role_arn: roleOf('node_role'),
          subnet_ids: subnetIds.map(literal),
          instance_types: [literal(dedicated.nodes.instanceType)],
          scaling_config: {
            desired_size: dedicated.nodes.min,
            min_size: dedicated.nodes.min,
            max_size: dedicated.nodes.max,
          },
          // The cluster's autoscaler moves it between the two.
          lifecycle: { ignore_changes: ['scaling_config[0].desired_size'] },
          tags,
          depends_on: nodePolicies.map((policy) => attachmentOf('node', policy)),
        },
      },
    },
    output: {
      endpoint: { value: `\${aws_eks_cluster.${resource}.endpoint}` },
      kubeconfig: { value: kubeconfig(resource, clusterName, terms.region), sensitive: true },
    },
  };
  const text = `${JSON.stringify(module, undefined, 2)}\n`;
  const hash = createHash('sha256').update(text).digest('hex');
  return { fileName: `customer-${key}.tf.json`, clusterName, text, hash };
}

/**
 * `cust-2025-001`: the customer's number in small letters, as names of AWS and of Terraform allow it. Where that loses
 * something, a part of the environment's id keeps it from being another customer's.
 */
function customerKey(externalId: string, environmentId: string): string {
  const small = externalId.toLowerCase();
  const key = small.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  const fits = key === small && /^[a-z]/.test(key) && key.length <= 40;
  return fits ? key : `c-${key.slice(0, 30)}-${environmentId.slice(0, 8)}`.replace(/-+/g, '-');
}

/** Text that Terraform takes as it is: `${` and `%{` would begin an expression. */
function literal(text: string): string {
  return text.replace(/([$%])\{/g, '$1$1{');
}

function role(name: string, service: string, tags: object): object {
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  const assumed = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  return { name, assume_role_policy: assumed, tags };
}

function attachments(part: 'cluster' | 'node', policies: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    policies.map((policy) => [
      `${part}_${policy}`,
      { role: `\${aws_iam_role.${part}_role.name}`, policy_arn: `arn:aws:iam::aws:policy/${policy}` },
    ]),
  );
}

function attachmentOf(part: 'cluster' | 'node', policy: string): string {
  return `aws_iam_role_policy_attachment.${part}_${policy}`;
}

/** Tokens of EKS live for 15 minutes, so that the kubeconfig says how one is had. */
function kubeconfig(resource: string, clusterName: string, region: string): string {
  const cluster = `aws_eks_cluster.${resource}`;
  const args = ['eks', 'get-token', '--cluster-name', clusterName, '--region', region].map(quoted).join(', ');
  const entry = (name: string, body: string): string => `[{ name = ${quoted(clusterName)}, ${name} = { ${body} } }]`;
  const certificate = `certificate-authority-data = ${cluster}.certificate_authority[0].data`;
  const exec = `apiVersion = "client.authentication.k8s.io/v1beta1", command = "aws", args = [${args}]`;
  return [
    '${jsonencode({ apiVersion = "v1", kind = "Config"',
    `current-context = ${quoted(clusterName)}`,
    `clusters = ${entry('cluster', `server = ${cluster}.endpoint, ${certificate}`)}`,
    `users = ${entry('user', `exec = { ${exec} }`)}`,
    `contexts = ${entry('context', `cluster = ${quoted(clusterName)}, user = ${quoted(clusterName)}`)} })}`,
  ].join(', ');
}

function quoted(text: string): string {
  return literal(JSON.stringify(text));
}
