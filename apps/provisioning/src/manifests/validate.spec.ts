import { expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { abcEnvironment } from '../spec-environment.js';
import type { Manifest } from './manifest.js';
import { planEnvironment } from './plan.js';
import { planMistakes } from './validate.js';

const plan = loadCatalogue().plans[abcEnvironment.terms.plan];

function objects(): readonly Manifest[] {
  if (!plan) throw new Error('The catalogue has no such plan.');
  const sold = { plan, image: 'registry.example/app:1', password: 'secret' };
  return planEnvironment({ ...sold, mode: 'running', identity: abcEnvironment, publicUrl: 'https://keiyaku.example' })
    .objects;
}

/** The plan with one value put in another place of one object: `['spec', 'ports', 0, 'port']`. */
function changed(kind: string, path: readonly (string | number)[], value: unknown): readonly Manifest[] {
  return structuredClone(objects()).map((object) => {
    if (object.kind !== kind) return object;
    const parents = path.slice(0, -1);
    const parent = parents.reduce<Record<string | number, unknown>>(
      (at, key) => at[key] as Record<string | number, unknown>,
      object as unknown as Record<string | number, unknown>,
    );
    parent[path.at(-1) ?? ''] = value;
    return object;
  });
}

const pod = ['spec', 'template', 'spec'];

it.each<[string, string, readonly (string | number)[], unknown, RegExp]>([
  ['a missing field', 'Ingress', ['spec', 'rules', 0, 'http', 'paths', 0, 'backend'], undefined, /backend/],
  ['a wrong type', 'Service', ['spec', 'ports', 0, 'port'], 'eighty', /^spec\.ports\[0\]\.port must be/],
  ['an unknown field', 'Deployment', ['spec', 'bogus'], 1, /^spec\.bogus is no field of this kind$/],
  [
    'an unknown field in a list',
    'Deployment',
    [...pod, 'containers', 0, 'imgae'],
    'x',
    /^spec\.template\.spec\.containers\[0\]\.imgae is no field/,
  ],
  ['a name that is none', 'ConfigMap', ['metadata', 'name'], 'Not_A_Name', /"Not_A_Name" is no DNS-1123 name/],
  ['a name that is too long', 'Service', ['metadata', 'name'], 'x'.repeat(64), /is no DNS-1123 name/],
  ['a label that is too long', 'Secret', ['metadata', 'labels'], { a: 'x'.repeat(64) }, /malformed or too long/],
  ['a label key that is none', 'Secret', ['metadata', 'labels'], { 'a b': 'x' }, /the label key "a b" is malformed/],
  ['a quantity that is none', 'PersistentVolumeClaim', ['spec', 'resources', 'requests', 'storage'], '1TB', /"1TB"/],
  ['an object elsewhere', 'ConfigMap', ['metadata', 'namespace'], 'kube-system', /does not lie in the namespace/],
  ['pods beyond the quota', 'HorizontalPodAutoscaler', ['spec', 'maxReplicas'], 50, /needs 51 of pods/],
  ['a volume beyond the quota', 'ResourceQuota', ['spec', 'hard', 'requests.storage'], '1G', /of requests\.storage/],
  ['a kind that is not checked', 'LimitRange', ['kind'], 'Gadget', /v1 Gadget is a kind that is not checked/],
])('finds %s', (_what, kind, path, value, reason) => {
  const found = planMistakes(changed(kind, path, value));
  expect(found.map((mistake) => mistake.reason)).toContainEqual(expect.stringMatching(reason));
});

it('names the object of a mistake', () => {
  expect(planMistakes(changed('Ingress', ['spec', 'bogus'], 1))).toEqual([
    { object: 'Ingress web in env-cust-2025-001-1f2e3d4c', reason: 'spec.bogus is no field of this kind' },
  ]);
});

it('finds an object that stands twice, and a plan without a namespace', () => {
  const [namespace, ...rest] = objects();
  expect(planMistakes([...objects(), ...rest.slice(0, 1)])).toContainEqual(
    expect.objectContaining({ reason: 'it stands 2 times in the plan' }),
  );
  expect(namespace?.kind).toBe('Namespace');
  expect(planMistakes(rest)).toContainEqual({ object: 'Plan', reason: 'it needs exactly one Namespace' });
});
