/** What is sold and where: the plans and regions that contracts name and environments are built from. */
import { readFileSync } from 'node:fs';
import { EnvError } from '#libs/http/src/env.js';
import shipped from '../catalogue.json' with { type: 'json' };
import { catalogueMistakes } from './catalogue-check.js';

export interface LocalisedText {
  readonly ja: string;
  readonly en: string;
}

export interface Plan {
  readonly name: LocalisedText;
  /** In contract words, like `500GB`; see `storageBytes`. */
  readonly storage: { readonly default: string; readonly max: string };
  readonly users: { readonly default: number; readonly max: number };
  readonly price: PriceOfPlan;
  readonly onTermination: TerminationOfPlan;
  readonly resources: PlanResources;
  /** Image references with pinned tags, newest first. The later ones are tried when the first can't be had. */
  readonly images: readonly string[];
  /** Each environment of the plan stands on a cluster of its own. */
  readonly dedicatedCluster?: DedicatedCluster;
}

/** What the cluster of one customer is built from; see docs/terraform.md. */
export interface DedicatedCluster {
  readonly provider: 'aws-eks';
  /** For each region in which the plan is sold, two or more. */
  readonly subnetIds: Readonly<Record<string, readonly string[]>>;
  /** Of the role that the cluster takes; one is made for it when absent. */
  readonly roleArn?: string;
  readonly nodes: { readonly instanceType: string; readonly min: number; readonly max: number };
}

/** What a month of an environment costs, in whole yen; see `monthlyPrice`. */
export interface PriceOfPlan {
  readonly currency: 'JPY';
  /** For the environment itself. */
  readonly month: number;
  /** For each 10^9 bytes of storage that the contract names. */
  readonly gigabyteMonth: number;
  /** For each user that the contract allows. */
  readonly userMonth: number;
}

/** What the contract promises for its end. */
export interface TerminationOfPlan {
  /** The customer gets their data as an export. */
  readonly export: boolean;
  /** Days for which the data is kept after that, before it is deleted. */
  readonly retentionDays: number;
}

export interface PlanResources {
  readonly replicas: { readonly min: number; readonly max: number };
  /** Per pod, as Kubernetes quantities (`250m`, `1`). */
  readonly cpu: { readonly request: string; readonly limit: string };
  /** Per pod, as Kubernetes quantities (`512Mi`, `1Gi`). */
  readonly memory: { readonly request: string; readonly limit: string };
}

/** Both records have no prototype: a key that is not sold is `undefined`, whatever it is called. */
export interface Catalogue {
  readonly plans: Readonly<Record<string, Plan>>;
  readonly regions: Readonly<Record<string, LocalisedText>>;
}

/** The catalogue can't be used. One line per mistake. */
export class CatalogueError extends EnvError {
  override name = 'CatalogueError';
}

/**
 * Reads and checks the catalogue.
 * @param file a JSON file in place of the one that is shipped; by default what `CATALOGUE_FILE` names
 * @throws CatalogueError
 */
export function loadCatalogue(file = process.env['CATALOGUE_FILE']): Catalogue {
  const [content, place]: [unknown, string] = file ? [readJson(file), file] : [shipped, 'catalogue.json'];
  const mistakes = catalogueMistakes(content);
  if (mistakes.length > 0) throw new CatalogueError(mistakes.map((mistake) => `${place}: ${mistake}`));
  // Checked just above.
  const { plans, regions } = content as Catalogue;
  return Object.freeze({ plans: withoutPrototype(plans), regions: withoutPrototype(regions) });
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new CatalogueError([`CATALOGUE_FILE: ${file} can't be read${reason}. Name a JSON file that can.`]);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CatalogueError([`CATALOGUE_FILE: ${file} is not JSON: ${(error as Error).message}`]);
  }
}

function withoutPrototype<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.freeze(Object.assign(Object.create(null) as Record<string, T>, record));
}
