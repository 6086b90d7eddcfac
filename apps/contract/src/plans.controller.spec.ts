import { expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { PlansController } from './plans.controller.js';

it('shows of a plan what is sold, and nothing of the networks and roles behind it', () => {
  const { plans, regions } = loadCatalogue();
  const dedicatedCluster = {
    provider: 'aws-eks',
    subnetIds: { 'ap-northeast-1': ['subnet-1', 'subnet-2'] },
    roleArn: 'arn:aws:iam::1:role/clusters',
    nodes: { instanceType: 'm7i.large', min: 2, max: 4 },
  } as const;
  const catalogue = { plans: { own: { ...plans['enterprise']!, dedicatedCluster } }, regions };
  const [shown] = new PlansController(catalogue).plans().items;
  expect(Object.keys(shown!)).toEqual(['id', 'name', 'storage', 'users', 'price', 'onTermination', 'resources']);
  expect(JSON.stringify(shown)).not.toMatch(/subnet|arn:/);
});
