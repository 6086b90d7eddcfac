import { describe, expect, it } from 'vitest';
import type { DedicatedCluster } from '#libs/catalogue/src/catalogue.js';
import { abcEnvironment } from '../spec-environment.js';
import { customerModule } from './customer-module.js';

const dedicated: DedicatedCluster = {
  provider: 'aws-eks',
  subnetIds: { 'ap-northeast-1': ['subnet-0a1b', 'subnet-0c2d'] },
  nodes: { instanceType: 'm6i.large', min: 2, max: 6 },
};

interface Written {
  readonly provider: { readonly aws: { readonly region: string } };
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly output: Readonly<Record<string, { readonly value: string; readonly sensitive?: boolean }>>;
}

function written(changes: Partial<typeof abcEnvironment> = {}, more: Partial<DedicatedCluster> = {}): Written {
  return JSON.parse(customerModule({ ...abcEnvironment, ...changes }, { ...dedicated, ...more }).text) as Written;
}

describe('the module of a customer', () => {
  it('is named after the customer', () => {
    expect(customerModule(abcEnvironment, dedicated)).toMatchObject({
      fileName: 'customer-cust-2025-001.tf.json',
      clusterName: 'cust-2025-001-cluster',
    });
  });

  it('has the cluster of seed 000, in its region, with its tags', () => {
    const { provider, resource } = written();
    expect(provider.aws.region).toBe('ap-northeast-1');
    expect(resource['aws_eks_cluster']).toEqual({
      'cust-2025-001_cluster': {
        name: 'cust-2025-001-cluster',
        role_arn: '${aws_iam_role.cluster_role.arn}',
        vpc_config: { subnet_ids: ['subnet-0a1b', 'subnet-0c2d'] },
        tags: { Customer: 'CUST-2025-001', Plan: 'enterprise', Environment: 'production' },
        depends_on: ['aws_iam_role_policy_attachment.cluster_AmazonEKSClusterPolicy'],
      },
    });
  });

  it('has the nodes of the plan', () => {
    expect(written().resource['aws_eks_node_group']?.['cust-2025-001_nodes']).toMatchObject({
      cluster_name: '${aws_eks_cluster.cust-2025-001_cluster.name}',
      instance_types: ['m6i.large'],
      scaling_config: { desired_size: 2, min_size: 2, max_size: 6 },
    });
  });

  it("takes the plan's role in place of one of its own", () => {
    const roleArn = 'arn:aws:iam::123456789012:role/clusters';
    const { resource } = written({}, { roleArn });
    expect(resource['aws_eks_cluster']?.['cust-2025-001_cluster']?.['role_arn']).toBe(roleArn);
    expect(Object.keys(resource['aws_iam_role'] ?? {})).toEqual(['node_role']);
  });

  it('marks the credentials as sensitive, and holds none', () => {
    const { output } = written();
    expect(output['kubeconfig']?.sensitive).toBe(true);
    expect(output['kubeconfig']?.value).toContain('"eks", "get-token", "--cluster-name", "cust-2025-001-cluster"');
    expect(output['endpoint']?.value).toBe('${aws_eks_cluster.cust-2025-001_cluster.endpoint}');
  });

  it('is the same to the byte for the same contract, and another one for other nodes', () => {
    const nodes = { ...dedicated.nodes, max: 7 };
    const [one, same, other] = [dedicated, dedicated, { ...dedicated, nodes }].map((plan) =>
      customerModule(abcEnvironment, plan),
    );
    expect(same).toEqual(one);
    expect(other?.hash).not.toBe(one?.hash);
  });

  it('holds nothing of the contact', () => {
    const { text } = customerModule(abcEnvironment, dedicated);
    for (const value of [abcEnvironment.company.name, abcEnvironment.company.email]) expect(text).not.toContain(value);
  });

  it.each([
    ['Kunde 7', 'customer-c-kunde-7-1f2e3d4c.tf.json'],
    ['2025-001', 'customer-c-2025-001-1f2e3d4c.tf.json'],
    ['顧客', 'customer-c-1f2e3d4c.tf.json'],
    ['A'.repeat(60), `customer-c-${'a'.repeat(30)}-1f2e3d4c.tf.json`],
  ])('makes a name of its own of the number %s, which is none for AWS', (externalId, fileName) => {
    expect(customerModule({ ...abcEnvironment, externalId }, dedicated).fileName).toBe(fileName);
  });

  it('lets no customer number be an expression', () => {
    const { resource } = written({ externalId: 'X${file("/etc/passwd")}%{ if true }' });
    const [cluster] = Object.values(resource['aws_eks_cluster'] ?? {});
    expect(cluster?.['tags']).toMatchObject({ Customer: 'X$${file("/etc/passwd")}%%{ if true }' });
  });

  it('says which region has no subnets', () => {
    const terms = { ...abcEnvironment.terms, region: 'us-east-1' };
    expect(() => customerModule({ ...abcEnvironment, terms }, dedicated)).toThrow(
      'The plan "enterprise" names no subnets in us-east-1 for a cluster of its own',
    );
  });
});
