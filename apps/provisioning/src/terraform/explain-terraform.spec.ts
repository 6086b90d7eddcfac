import { expect, it } from 'vitest';
import { type Diagnostic, explainTerraform } from './explain-terraform.js';

const address = 'aws_eks_cluster.cust-2025-001_cluster';

it.each<[string, string, string]>([
  ['transient', 'creating EKS Cluster (c)', 'operation error EKS: CreateCluster, ThrottlingException: Rate exceeded'],
  ['transient', 'creating IAM Role (r)', 'api error RequestLimitExceeded: Request limit exceeded.'],
  ['transient', 'creating EKS Cluster (c)', 'StatusCode: 429, TooManyRequestsException: Too many requests'],
  ['transient', 'Error acquiring the state lock', 'Error message: resource temporarily unavailable'],
  ['transient', 'Saved plan is stale', 'The given plan file can no longer be applied'],
  [
    'transient',
    'Failed to query available provider packages',
    'could not connect to registry.terraform.io: no such host',
  ],
  ['transient', 'reading EKS Cluster (c)', 'StatusCode: 503, ServiceUnavailableException: try again'],
  ['transient', 'waiting for EKS Cluster (c) create', "timeout while waiting for state to become 'ACTIVE'"],
  ['configuration', 'invalid AWS Region: ap-northeast-9', ''],
  ['configuration', 'creating EC2', 'api error OptInRequired: You are not subscribed to this service'],
  ['configuration', 'No valid credential sources found', 'Please see https://registry.terraform.io for more'],
  ['configuration', 'creating EKS Cluster (c)', 'api error AccessDeniedException: User is not authorized to perform'],
  ['configuration', 'creating EKS Cluster (c)', 'InvalidParameterException: Role with arn x could not be assumed'],
  ['configuration', 'configuring Terraform AWS Provider', 'ExpiredToken: The security token included is expired'],
  ['configuration', 'creating EKS Cluster (c)', 'InvalidSubnetID.NotFound: The subnet ID does not exist'],
  ['configuration', 'Unsupported argument', 'An argument named "nodez" is not expected here.'],
  ['resource_shortage', 'creating EKS Cluster (c)', 'ResourceLimitExceededException: You have reached the limit'],
  ['resource_shortage', 'creating EKS Node Group', 'VcpuLimitExceeded: more vCPU capacity than your current limit'],
  ['resource_shortage', 'creating IAM Role', 'LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000'],
  ['resource_shortage', 'creating EKS Node Group', 'InsufficientInstanceCapacity: no m6i.large in ap-northeast-1a'],
  ['resource_shortage', 'creating EKS Cluster (c)', 'UnsupportedAvailabilityZoneException: does not support your AZ'],
])('%s: %s, %s', (expected, summary, detail) => {
  const failure = explainTerraform('apply', [{ severity: 'error', summary, detail, address }]);
  expect(failure).toMatchObject({
    class: expected,
    object: address,
    reason: expect.stringContaining(`terraform apply failed: ${summary}`),
  });
  expect(failure.whatToDo).not.toBe('');
});

it('tells of the error that somebody has to mend, and not of warnings', () => {
  const diagnostics: readonly Diagnostic[] = [
    { severity: 'warning', summary: 'Argument is deprecated' },
    { severity: 'error', summary: 'Rate exceeded' },
    { severity: 'error', summary: 'AccessDenied' },
  ];
  expect(explainTerraform('plan', diagnostics).reason).toBe('terraform plan failed: AccessDenied');
});

it('knows what to do when nothing was said', () => {
  expect(explainTerraform('init', [])).toMatchObject({
    class: 'transient',
    reason: 'terraform init ended without saying why',
  });
});

it('does not repeat a text without end', () => {
  const detail = 'x'.repeat(9_000);
  expect(explainTerraform('apply', [{ severity: 'error', summary: 'Long', detail }]).reason.length).toBeLessThan(600);
});
