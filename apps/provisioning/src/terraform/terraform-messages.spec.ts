import { expect, it } from 'vitest';
import { lostClusters, TerraformProgress } from './terraform-messages.js';

const [role, cluster] = ['aws_iam_role.r', 'aws_eks_cluster.c'];

function hook(type: string, addr: string, more: object = {}): string {
  return JSON.stringify({ type, hook: { resource: { addr }, action: 'create', ...more } });
}

function planned(addr: string, action: string): string {
  const resource = { addr, resource_type: addr.split('.')[0] };
  return JSON.stringify({ type: 'planned_change', change: { resource, action } });
}

it('tells what is under way, how long it takes and how much is done', () => {
  const progress = new TerraformProgress();
  const said = [
    JSON.stringify({ type: 'state_lock_acquire' }),
    hook('apply_start', role),
    hook('apply_complete', role),
    hook('apply_start', cluster),
    hook('apply_progress', cluster, { elapsed_seconds: 10 }),
    hook('apply_complete', cluster),
  ].map((line) => {
    expect(progress.take(line)).toBe(true);
    return [`${progress.ready} of ${progress.total}`, ...progress.pending];
  });
  expect(said).toEqual([
    ['0 of 0', 'another terraform works on this customer'],
    ['0 of 1', `${role}: create began`],
    ['1 of 1'],
    ['1 of 2', `${cluster}: create began`],
    ['1 of 2', `${cluster}: create for 10 s`],
    ['2 of 2'],
  ]);
});

it('counts what was planned, keeps what went wrong, and passes over what is no message', () => {
  const progress = new TerraformProgress();
  const diagnostic = { severity: 'error', summary: 'Rate exceeded' };
  const told = [
    planned(role, 'create'),
    planned(cluster, 'create'),
    JSON.stringify({ type: 'diagnostic', diagnostic }),
    'There are some problems with the CLI configuration',
    '',
  ].map((line) => progress.take(line));
  expect(told).toEqual([false, false, false, false, false]);
  expect([progress.ready, progress.total, progress.pending]).toEqual([0, 2, []]);
  expect(progress.diagnostics).toEqual([diagnostic]);
  progress.take(hook('apply_start', role));
  progress.take(hook('apply_errored', role));
  expect([progress.ready, progress.total, progress.pending]).toEqual([0, 2, []]);
});

it('finds clusters that a plan would take away, and nothing else', () => {
  const output = [
    'not a message',
    planned(role, 'delete'),
    planned('aws_eks_cluster.made', 'create'),
    planned('aws_eks_cluster.changed', 'update'),
    planned('aws_eks_cluster.deleted', 'delete'),
    planned('aws_eks_cluster.anew', 'replace'),
  ];
  expect(lostClusters(output.join('\n'))).toEqual(['aws_eks_cluster.deleted', 'aws_eks_cluster.anew']);
});
