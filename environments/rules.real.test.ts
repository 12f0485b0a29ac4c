import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AlertCase, TestSeries } from '../constructs/core/alert-case.testing';
import { dump } from '../constructs/core/yaml';
import { ruleFilesOf } from '../constructs/metrics/placed-rules.testing';
import { objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { dataDirectory, promtool } from '../tools/peers';
import { alertCases, groupsByComponent, ruleFiles } from './signals.testing';
import { production } from './production';
import { thesis } from './thesis';

const strict = ['check', 'rules', '--lint=all', '--lint-fatal'];

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const paths = Object.entries(files).map(([name, text]) => [join(folder, name), text] as const);
  await Promise.all(paths.map(([path, text]) => writeFile(path, text)));
  return paths.map(([path]) => path);
}

/** As `promtool test rules` reads it: after so many minutes, exactly these alerts of the name fire. */
function unitTest(
  paths: readonly string[],
  { alert, after = 30 }: AlertCase,
  series: TestSeries,
  firing: readonly object[],
) {
  const selector = `{alertname="${alert}", alertstate="firing"}`;
  return dump({
    rule_files: paths,
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [{ expr: `ALERTS${selector}`, eval_time: `${after}m`, exp_samples: firing }],
      },
    ],
  });
}

function sampleOf({ alert, labels }: AlertCase): object {
  const all = { alertname: alert, alertstate: 'firing', team: 'platform', ...labels };
  const text = Object.entries(all).map(([key, value]) => `${key}="${value}"`);
  return { labels: `ALERTS{${text.join(', ')}}`, value: 1 };
}

describe('The rules of every component, as promtool sees them', () => {
  let folder: string;
  const pathsByAlert = new Map<string, string>();

  beforeAll(async () => {
    folder = await dataDirectory('rules');
    await write(folder, ruleFiles);
    for (const [component, groups] of groupsByComponent)
      for (const { alert } of groups.flatMap(({ rules }) => rules))
        if (alert !== undefined) pathsByAlert.set(alert, join(folder, `${component}.yml`));
  });

  it('are right, in every file', async () => {
    const { stdout } = await promtool([...strict, ...Object.keys(ruleFiles).map((name) => join(folder, name))]);
    expect(stdout.match(/SUCCESS/g)).toHaveLength(Object.keys(ruleFiles).length);
  });

  it('are right as they are rendered, and found by the configuration', async () => {
    const objects = renderApp(platform(thesis));
    const rendered = await write(join(folder, 'rendered'), objectOf(objects, 'ConfigMap', 'prometheus-rules').data);
    await promtool([...strict, ...rendered]);
    const config = objectOf(objects, 'ConfigMap', 'prometheus-config').data['prometheus.yml'] ?? '';
    expect(config).toContain('/etc/prometheus-rules/*.yml');
    const [path = ''] = await write(folder, {
      'prometheus.config': config.replace('/etc/prometheus-rules', join(folder, 'rendered')),
    });
    const { stdout } = await promtool(['check', 'config', path]);
    expect(stdout).toContain(`${rendered.length} rule files found`);
  });

  it.each(['prometheus', 'mimir'])(
    'are right as they are rendered for %s, where both evaluate some',
    async (evaluator) => {
      const files = ruleFilesOf(renderApp(platform(production)), evaluator);
      const rendered = await write(join(folder, `production-${evaluator}`), files);
      const { stdout } = await promtool([...strict, ...rendered]);
      expect(stdout.match(/SUCCESS/g)).toHaveLength(rendered.length);
      expect(rendered.length).toBeGreaterThan(1);
    },
  );

  it('would be refused with a mistake in them', async () => {
    const [path = ''] = await write(join(folder, 'wrong'), {
      'wrong.yml': (ruleFiles['tempo.yml'] ?? '').replace('absent(up', 'absent(up('),
    });
    await expect(promtool([...strict, path])).rejects.toThrow('parse error');
  });

  it('would be seen to fire where they should not', async () => {
    const [first] = alertCases;
    if (first === undefined) throw new Error('there are no cases');
    const rules = pathsByAlert.get(first.alert) ?? '';
    const [path = ''] = await write(join(folder, 'loud'), { 'test.yml': unitTest([rules], first, first.fires, []) });
    await expect(promtool(['test', 'rules', path])).rejects.toThrow('FAILED');
  });

  it.each(alertCases.map((each) => [each.alert, each] as const))('%s fires when it should', async (alert, each) => {
    const rules = pathsByAlert.get(alert) ?? `no component has the alert ${alert}`;
    const [path = ''] = await write(join(folder, `${alert}.fires`), {
      'test.yml': unitTest([rules], each, each.fires, [sampleOf(each)]),
    });
    await promtool(['test', 'rules', path]);
  });

  it.each(alertCases.map((each) => [each.alert, each] as const))('%s is silent else', async (alert, each) => {
    const rules = pathsByAlert.get(alert) ?? `no component has the alert ${alert}`;
    const [path = ''] = await write(join(folder, `${alert}.silent`), {
      'test.yml': unitTest([rules], each, each.silent, []),
    });
    await promtool(['test', 'rules', path]);
  });
});
