/** What stands under deploy/ for Prometheus and Grafana, as far as specs look into it. */
import { readFileSync } from 'node:fs';
import { loadYaml } from '@kubernetes/client-node';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

function file(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

export const alertRules = loadYaml<RuleFile>(file('deploy/alerts/keiyaku.rules.yaml')).groups.flatMap(
  ({ rules }) => rules,
);
export const dashboard = JSON.parse(file('deploy/dashboards/provisioning.json')) as Dashboard;
export const operatorsGuide = file('docs/operating.md');

/** Every query of dashboards and alerts. */
export const queries: readonly string[] = [
  ...alertRules.map(({ expr }) => expr),
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
];

const functions = new Set(['max', 'min', 'sum', 'rate', 'absent', 'vector', 'histogram_quantile']);
const keywords = new Set(['and', 'or', 'unless', 'bool']);

/**
 * The metrics that a PromQL expression names.
 * @throws Error for what the queries here have no need of: other functions, brackets that do not close
 */
export function metricsIn(expression: string): readonly string[] {
  const plain = expression
    .replace(/"[^"]*"/g, '""')
    .replace(/\{[^{}]*\}/g, '')
    .replace(/\[\d+[smhd]\]/g, '')
    .replace(/\b(by|without)\s*\([^()]*\)/g, '');
  let depth = 0;
  for (const character of plain) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (depth < 0) break;
  }
  if (depth !== 0 || /[{}[\]"]/.test(plain)) throw new Error(`Brackets do not fit in ${expression}`);
  const words = [...plain.matchAll(/[a-zA-Z_:][\w:]*(\s*\()?/g)];
  return words.flatMap(([word, call]) => {
    if (keywords.has(word)) return [];
    if (call === undefined) return [word.replace(/_(bucket|count|sum)$/, '')];
    if (!functions.has(word.slice(0, -call.length))) throw new Error(`Unknown function in ${expression}`);
    return [];
  });
}
