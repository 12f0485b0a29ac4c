import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RenderedRule } from '../constructs';
import { allPromql } from './dashboards.testing';
import { documented } from './documented-metrics.testing';
import { answered, seriesOf, workerSeries } from './exposed-metrics.testing';
import { alertCases, alertRules, allRules, components, logAlertRules, testedLogAlerts } from './signals.testing';

const runbooks = join(__dirname, '..', 'docs', 'runbooks');
const told = [...alertRules, ...logAlertRules];
const namesOf = (rules: typeof alertRules) => [...new Set(rules.map(({ alert }) => alert))].sort();
const alertNames = namesOf(alertRules);

describe('Every alert', () => {
  it('is of a component, which all have some', () => {
    expect(components.filter(({ alerts }) => alerts.length === 0).map(({ name }) => name)).toEqual([]);
    expect(alertNames.length).toBeGreaterThan(30);
  });

  it('says how bad it is, waits, and says what it means', () => {
    for (const { alert, labels = {}, annotations = {}, for: wait } of told) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(critical|warning|info)$/)]);
      expect([alert, wait]).toEqual([alert, expect.stringMatching(/^[1-9]\d*s$/)]);
      expect(annotations.summary?.length).toBeGreaterThan(10);
      expect(annotations.description).toMatch(/\.$/);
    }
  });

  const pageOf = new Map(told.map(({ alert, annotations }) => [alert, annotations?.runbook_url ?? '']));

  it.each(Array.from(pageOf))('%s has a runbook: %s', (alert, page) => {
    const text = readFileSync(join(__dirname, '..', page), 'utf8');
    for (const heading of ['## What it means', '## How to look', '## What to do'])
      expect(text).toContain(`\n${heading}\n`);
    expect(text).toContain(alert);
  });

  it('has a page of its own or of its objective, and there is no page of none', () => {
    const pages = [...new Set(Array.from(pageOf.values(), (page) => page.replace('docs/runbooks/', '')))];
    expect(readdirSync(runbooks).sort()).toEqual([...pages, 'README.md'].sort());
  });

  it('has one test that it fires, and when it does not', () => {
    expect(alertCases.map(({ alert }) => alert).sort()).toEqual(alertNames);
    expect([...testedLogAlerts].sort()).toEqual(namesOf(logAlertRules));
    expect(testedLogAlerts.length).toBeGreaterThan(2);
  });

  it('asks for nothing that a rule records, if it is evaluated where only alerts like it are', () => {
    const recorded = new Set(allRules.flatMap(({ record }) => record ?? []));
    const local = components.flatMap(({ alerts }) => alerts.filter((alert) => alert.local === true));
    expect(local.length).toBeGreaterThan(10);
    expect(local.filter(({ expr }) => seriesOf(expr).some((name) => recorded.has(name)))).toEqual([]);
  });

  it('names labels in its texts only that it has', () => {
    for (const { alert, annotations = {} } of alertRules) {
      const labels = alertCases.find((each) => each.alert === alert)?.labels ?? {};
      const named = Array.from(
        Object.values(annotations)
          .join(' ')
          .matchAll(/\$labels\.(\w+)/g),
        ([, label]) => label,
      );
      expect([alert, named.filter((label) => label !== undefined && !(label in labels))]).toEqual([alert, []]);
    }
    // Lines are counted by service, and by nothing else.
    for (const rule of logAlertRules) {
      expect(rule.expr).toContain('sum by (service_name) (');
      const named = Array.from(JSON.stringify(rule).matchAll(/\$labels\.(\w+)/g), ([, label]) => label);
      expect(new Set(named)).toEqual(new Set(['service_name']));
    }
  });
});

describe('Every runbook', () => {
  const pages = readdirSync(runbooks).map((name) => [name, readFileSync(join(runbooks, name), 'utf8')] as const);

  it.each(pages)('%s links to pages that there are', (_, text) => {
    const links = Array.from(text.matchAll(/\]\(([^)#]+\.md)\)/g), ([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(runbooks, link)))).toEqual([]);
  });

  it('names series of our workers only that they expose', async () => {
    const known = await workerSeries();
    const named = pages.flatMap(([, text]) => text.match(/\bplumbline_\w+/g) ?? []);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('Every series that a rule asks for', () => {
  async function unknownTo(rules: readonly RenderedRule[]): Promise<readonly string[]> {
    const known = [
      ...(await workerSeries()),
      ...Object.values(answered).flat(),
      ...Object.keys(documented),
      ...allRules.flatMap(({ record }) => record ?? []),
    ];
    return rules.flatMap(({ alert, record, expr }) =>
      seriesOf(expr)
        .filter((name) => !known.includes(name))
        .map((name) => `${alert ?? record ?? ''} asks for ${name}`),
    );
  }

  it('is exposed by our workers, answered by a real server, written down, or recorded by another rule', async () => {
    expect(await unknownTo(allRules)).toEqual([]);
    const misspelt = { alert: 'Misspelt', expr: 'increase(plumbline_worker_lost_offset_total[5m]) > 0 and up == 1' };
    expect(await unknownTo([misspelt])).toEqual(['Misspelt asks for plumbline_worker_lost_offset_total']);
  });

  it('is asked for: no table names one that no rule and no dashboard needs', () => {
    const asked = new Set([...allRules.map(({ expr }) => expr), ...allPromql].flatMap(seriesOf));
    const idle = [...Object.values(answered).flat(), ...Object.keys(documented)].filter((name) => !asked.has(name));
    expect(idle).toEqual([]);
  });

  it('is found in expressions of any form', () => {
    const expression = `histogram_quantile(0.95, sum by (service, le) (rate(a_bucket{b="c{d}", e=~"f"}[5m] offset 10m))) > 2
      and on (job) max_over_time((g - h:i:j)[15m:1m]) unless k`;
    expect(seriesOf(expression)).toEqual(['a_bucket', 'g', 'h:i:j', 'k']);
  });
});
