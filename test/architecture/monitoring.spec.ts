import { describe, expect, it } from 'vitest';
import { alertRules, dashboard, metricsIn, operatorsGuide, queries } from './monitoring.js';

describe('the alert rules', () => {
  it.each(alertRules.map((rule) => [rule.alert, rule] as const))(
    '%s can be read and leads to what to do',
    (alert, rule) => {
      expect(alert).toMatch(/^Keiyaku[A-Z][A-Za-z]+$/);
      expect(['warning', 'critical']).toContain(rule.labels.severity);
      expect(rule.for ?? '1m').toMatch(/^\d+[smh]$/);
      expect(metricsIn(rule.expr)).not.toEqual([]);
      for (const text of [rule.annotations.summary, rule.annotations.description]) expect(text).toMatch(/\S/);
      expect(rule.annotations.runbook_url).toBe(`docs/operating.md#${alert.toLowerCase()}`);
      expect(operatorsGuide).toContain(`\n### ${alert}\n`);
    },
  );

  it('have names of their own', () => {
    expect(new Set(alertRules.map(({ alert }) => alert)).size).toBe(alertRules.length);
  });
});

it.each(dashboard.panels.map((panel) => [panel.title, panel] as const))(
  'the panel %s asks for something',
  (_title, { targets }) => {
    expect(targets.flatMap(({ expr }) => metricsIn(expr))).not.toEqual([]);
  },
);

describe('the metrics of an expression', () => {
  it('are what is neither a label, nor a function, nor a number', () => {
    const expression =
      'sum by (le) (rate(a_seconds_bucket{x="b{c}", y=~"d|e"}[5m])) > 3 or vector(0) and max(other:one)';
    expect(metricsIn(expression)).toEqual(['a_seconds', 'other:one']);
  });

  it.each(['max(a', 'max(a))', 'a{x="1"', 'a[5m', 'maximum(a)'])('are refused for %s', (expression) => {
    expect(() => metricsIn(expression)).toThrow(expression);
  });
});

it('there are queries to check', () => expect(queries.length).toBeGreaterThan(alertRules.length));
