import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import shipped from '../catalogue.json' with { type: 'json' };
import { loadCatalogue } from './catalogue.js';
import { storageBytes } from './storage.js';

type Draft = { plans: Record<string, Record<string, unknown>>; regions: Record<string, unknown> };

const ownCluster = {
  provider: 'aws-eks',
  subnetIds: { 'ap-northeast-1': ['subnet-0a1b', 'subnet-0c2d'] },
  roleArn: 'arn:aws:iam::123456789012:role/clusters',
  nodes: { instanceType: 'm6i.large', min: 2, max: 6 },
};

function catalogueFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-catalogue-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'plans.json');
  writeFileSync(file, content);
  return file;
}

function changed(change: (draft: Draft) => void): string {
  const draft = structuredClone(shipped) as unknown as Draft;
  change(draft);
  return catalogueFile(JSON.stringify(draft));
}

describe('the catalogue', () => {
  it('is shipped with three plans and the Tokyo region', () => {
    const { plans, regions } = loadCatalogue();
    expect(Object.keys(plans)).toEqual(['starter', 'business', 'enterprise']);
    expect(plans['enterprise']).toMatchObject({ storage: { default: '1TB' }, users: { default: 100 } });
    expect(regions['ap-northeast-1']).toEqual({ ja: '東京', en: 'Tokyo' });
  });

  it.each(['constructor', '__proto__', 'toString'])('does not sell %s', (name) => {
    const { plans, regions } = loadCatalogue();
    expect([plans[name], regions[name]]).toEqual([undefined, undefined]);
  });

  it('can be replaced by a file', () => {
    const file = changed(({ plans }) => void delete plans['starter']);
    expect(Object.keys(loadCatalogue(file).plans)).toEqual(['business', 'enterprise']);
  });

  it('may give each environment of a plan a cluster of its own', () => {
    const file = changed(({ plans }) => (plans['starter']!['dedicatedCluster'] = ownCluster));
    expect(loadCatalogue(file).plans['starter']?.dedicatedCluster).toEqual(ownCluster);
  });

  it.each<[string, (draft: Draft) => void]>([
    ['/plans must be an object with one entry or more.', (draft) => (draft.plans = {})],
    [
      '/regions/Tokyo is no key. Use small letters, digits and hyphens.',
      ({ regions }) => (regions['Tokyo'] = regions['us-east-1']),
    ],
    [
      '/regions/us-east-1/ja must be a text that is not empty.',
      ({ regions }) => (regions['us-east-1'] = { ja: ' ', en: 'x' }),
    ],
    [
      '/plans/starter/discount is unknown. Remove it or correct its name.',
      ({ plans }) => (plans['starter']!['discount'] = 1),
    ],
    [
      '/plans/starter/price must be an object with currency, month, gigabyteMonth, userMonth.',
      ({ plans }) => delete plans['starter']!['price'],
    ],
    [
      '/plans/starter/price/currency must be "JPY".',
      ({ plans }) => Object.assign(plans['starter']!['price'] as object, { currency: 'USD' }),
    ],
    [
      '/plans/starter/price/userMonth must be a whole number from 0 to 1000000000.',
      ({ plans }) => Object.assign(plans['starter']!['price'] as object, { userMonth: 0.5 }),
    ],
    [
      '/plans/starter/onTermination/export must be true or false.',
      ({ plans }) => (plans['starter']!['onTermination'] = { export: 'yes', retentionDays: 30 }),
    ],
    [
      '/plans/starter/onTermination/retentionDays must be a whole number from 0 to 3650.',
      ({ plans }) => (plans['starter']!['onTermination'] = { export: true, retentionDays: -1 }),
    ],
    [
      '/plans/starter/users/max must be a whole number above 0.',
      ({ plans }) => (plans['starter']!['users'] = { default: 1, max: 0 }),
    ],
    [
      '/plans/starter/users/default is above /plans/starter/users/max.',
      ({ plans }) => (plans['starter']!['users'] = { default: 9, max: 8 }),
    ],
    [
      '/plans/starter/storage/default is above /plans/starter/storage/max.',
      ({ plans }) => (plans['starter']!['storage'] = { default: '1TB', max: '999GB' }),
    ],
    [
      '/plans/starter/storage/max must be like "500GB" or "1TB".',
      ({ plans }) => (plans['starter']!['storage'] = { default: '1TB', max: '1 TB' }),
    ],
    ['/plans/starter/images must be a list with one entry or more.', ({ plans }) => (plans['starter']!['images'] = [])],
    [
      '/plans/starter/images/0 must be like "registry.example/app:2.4.1".',
      ({ plans }) => (plans['starter']!['images'] = ['registry.example/app:latest']),
    ],
    [
      '/plans/starter/resources/cpu/request is above /plans/starter/resources/cpu/limit.',
      ({ plans }) => Object.assign(plans['starter']!['resources'] as object, { cpu: { request: '1500m', limit: '1' } }),
    ],
    [
      '/plans/starter/resources/memory/request is above /plans/starter/resources/memory/limit.',
      ({ plans }) =>
        Object.assign(plans['starter']!['resources'] as object, { memory: { request: '1Gi', limit: '512Mi' } }),
    ],
    [
      '/plans/starter/dedicatedCluster/provider must be "aws-eks".',
      ({ plans }) => (plans['starter']!['dedicatedCluster'] = { ...ownCluster, provider: 'gcp' }),
    ],
    [
      '/plans/starter/dedicatedCluster/subnetIds/ap-northeast-1 must be a list with two entries or more.',
      ({ plans }) =>
        (plans['starter']!['dedicatedCluster'] = { ...ownCluster, subnetIds: { 'ap-northeast-1': ['subnet-0a1b'] } }),
    ],
    [
      '/plans/starter/dedicatedCluster/roleArn must be like "arn:aws:iam::123456789012:role/clusters".',
      ({ plans }) => (plans['starter']!['dedicatedCluster'] = { ...ownCluster, roleArn: 'clusters' }),
    ],
    [
      '/plans/starter/dedicatedCluster/nodes/min is above /plans/starter/dedicatedCluster/nodes/max.',
      ({ plans }) =>
        (plans['starter']!['dedicatedCluster'] = {
          ...ownCluster,
          nodes: { instanceType: 'm6i.large', min: 3, max: 2 },
        }),
    ],
  ])('says: %s', (mistake, change) => {
    const file = changed(change);
    expect(() => loadCatalogue(file)).toThrow(`${file}: ${mistake}`);
  });

  it.each([
    'registry.example/app:2.4.1',
    `registry.example/app@sha256:${'0'.repeat(64)}`,
    `registry.example:5000/team/app:2.4.1@sha256:${'a'.repeat(64)}`,
  ])('takes the image %s', (image) => {
    const file = changed(({ plans }) => (plans['starter']!['images'] = [image]));
    expect(loadCatalogue(file).plans['starter']?.images).toEqual([image]);
  });

  it.each(['registry.example/app', `registry.example/app@sha256:${'a'.repeat(63)}`])(
    'does not take the image %s, which may be another one tomorrow',
    (image) => {
      const file = changed(({ plans }) => (plans['starter']!['images'] = [image]));
      expect(() => loadCatalogue(file)).toThrow('/plans/starter/images/0 must be like');
    },
  );

  it('names every mistake on a line of its own', () => {
    const file = changed(({ plans }) => {
      plans['starter']!['users'] = 5;
      plans['business']!['images'] = 'one';
    });
    expect(() => loadCatalogue(file)).toThrow(
      `${file}: /plans/starter/users must be an object with default, max.\n` +
        `${file}: /plans/business/images must be a list with one entry or more.`,
    );
  });

  it('says when the file is missing or no JSON', () => {
    expect(() => loadCatalogue('/nowhere/plans.json')).toThrow(
      "CATALOGUE_FILE: /nowhere/plans.json can't be read (ENOENT).",
    );
    const file = catalogueFile('{');
    expect(() => loadCatalogue(file)).toThrow(`CATALOGUE_FILE: ${file} is not JSON`);
  });
});

it.each([
  ['1TB', 1e12],
  ['500GB', 5e11],
  ['20MB', 2e7],
  ['9PB', 9e15],
  ['10PB', undefined],
  ['0TB', undefined],
  ['1.5TB', undefined],
  ['1 TB', undefined],
  ['1tb', undefined],
  ['1TiB', undefined],
  ['', undefined],
])('%s is %s bytes', (text, bytes) => {
  expect(storageBytes(text)).toBe(bytes);
});
